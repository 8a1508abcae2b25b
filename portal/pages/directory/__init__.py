"""The directory of institutions 名录 and the list of previous systems."""
