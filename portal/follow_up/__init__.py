"""After the work: surveys, ratings, call-backs, campaigns, dissatisfactions (DESK D4)."""
