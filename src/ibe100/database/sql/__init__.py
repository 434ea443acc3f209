"""Tables, the thread that writes and those that read, and what is peculiar to an engine."""
