"""What leads and callers do after the work: the analysis of dissatisfactions, call-backs, campaigns."""
