"""Reports of the processor, as they come on the loopback ports."""
