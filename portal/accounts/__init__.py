"""People who work here: users, roles, sign-in, sessions, tokens."""
