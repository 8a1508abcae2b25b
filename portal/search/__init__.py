"""The index over masked texts."""
