"""Administrators' pages: people and their roles."""
