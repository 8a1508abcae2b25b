"""Daily counts without persons."""
