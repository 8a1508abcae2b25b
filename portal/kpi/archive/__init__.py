"""Archive and day end (DESK 6.1)."""
