"""Streams: list, actions, and the editor of a stream."""
