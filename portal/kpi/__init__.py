"""Books and score: archive and day end, the tables, figures and reports, the score."""
