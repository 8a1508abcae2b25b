"""The institution directory 名录 and the list of previous systems."""
