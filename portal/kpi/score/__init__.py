"""The score: facts of every round, bands, policies, and monthly sheets that people publish (DESK 6.4)."""
