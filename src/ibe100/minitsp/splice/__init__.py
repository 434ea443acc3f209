"""Cues and their times."""
