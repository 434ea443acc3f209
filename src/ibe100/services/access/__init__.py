"""Access to the API: users, tokens, passwords, login limits."""
