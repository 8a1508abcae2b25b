"""A clinic's way back to its ticket: number and query code."""
