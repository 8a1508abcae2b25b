"""Signing in, the own account, the second factor."""
