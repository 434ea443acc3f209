"""Commands about what is on record, and about the keys that prove it."""
