"""TSDuck: processors, command lines, probe, readers of what plugins report."""
