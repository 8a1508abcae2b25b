"""Books and score (DESK D6): archive and day end, the tables, figures and reports, the score."""
