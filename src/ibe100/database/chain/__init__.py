"""The chain that shows whether what is on record was changed."""
