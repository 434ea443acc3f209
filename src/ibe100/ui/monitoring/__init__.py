"""Monitoring of one stream: PIDs, TR 101 290, curves, events, log, command."""
