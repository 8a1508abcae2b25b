"""Daily counts, without any person."""
