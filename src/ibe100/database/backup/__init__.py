"""Backup archives, and the merge at a restore."""
