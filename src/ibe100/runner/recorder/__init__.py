"""Ring of what a stream sends and receives, kept on disk by a process beside it (ADR 37)."""
