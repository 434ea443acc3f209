"""The machine below the streams: CPU, memory, disk, clock, and the delays of the console itself."""
