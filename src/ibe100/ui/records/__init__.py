"""Records read back: cue log, as-run log, history."""
