"""Backups made every day, and on request."""
