"""Reads a report out of a chat message."""
