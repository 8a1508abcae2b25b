"""Staff accounts: users, roles, sign-in, sessions, tokens."""
