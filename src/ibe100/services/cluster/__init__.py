"""Several hosts on one database: who owns which stream, and what happens when that changes."""
