"""Cues of the input on their way to the output."""
