"""Pace of the connection of events: apart from it, so that calls alone need no WebSocket's library."""

PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
"""Longest pause between two tries to connect."""
PING_S = 10.0
"""A connection on which a ping is not answered for so long is lost."""
