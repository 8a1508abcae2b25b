"""Counts for support leads, without personal data."""
