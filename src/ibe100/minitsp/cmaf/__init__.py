"""Fragments of MP4 (CMAF): event messages in them, and their times."""
