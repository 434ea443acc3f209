"""Database of the console and its file of measurements."""
