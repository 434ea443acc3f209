"""Keys of the records, and what a check of them found."""
