"""State machine and processes of one stream."""
