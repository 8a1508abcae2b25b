"""Sign-in, the user's own account, the second factor."""
