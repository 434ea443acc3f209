"""Records over time: as-run logs, events of a stream, metrics and their files."""
