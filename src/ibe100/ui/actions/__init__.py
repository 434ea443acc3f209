"""Actions of the console with their keys, palette and overlay."""
