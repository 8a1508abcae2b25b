"""The masked view of everything about one ticket."""
