"""Lines that the processor and its source print."""
