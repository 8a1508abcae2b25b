"""The books of a period: weekly and monthly reports, and the pack for a review (DESK 6.3)."""
