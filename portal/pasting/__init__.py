"""Parses a report from a chat message."""
