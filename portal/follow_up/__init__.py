"""After the work: surveys, ratings, call-backs, campaigns, dissatisfactions (DESK 4.2 to 4.4)."""
