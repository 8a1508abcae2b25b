"""Campaigns of call-backs, chosen from the directory (DESK 4.4)."""
