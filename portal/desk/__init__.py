"""Desk pages: reports taken for others, the directory, known issues."""
