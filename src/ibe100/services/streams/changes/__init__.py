"""Changes of the list of streams: clashes, copies, deleted streams, restarts, many at once."""
