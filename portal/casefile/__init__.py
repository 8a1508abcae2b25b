"""The masked view of a whole ticket."""
