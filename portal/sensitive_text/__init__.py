"""Finds and validates personal numbers and credentials in text: pure functions, no database, no web."""
