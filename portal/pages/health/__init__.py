"""Health checks, metrics and the style guide."""
