"""Days on which the service works."""
