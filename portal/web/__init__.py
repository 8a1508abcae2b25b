"""The web kit: knows requests and pages, but no domain."""
