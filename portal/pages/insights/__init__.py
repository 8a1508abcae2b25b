"""Figures of the week, without persons."""
