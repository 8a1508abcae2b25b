"""The fields of each kind of report, and their checks."""
