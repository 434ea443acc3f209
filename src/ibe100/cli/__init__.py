"""Command line: a file per command."""
