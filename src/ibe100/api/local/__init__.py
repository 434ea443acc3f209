"""Local control socket of the command line, and its commands."""
