"""Measurements over time in a file of their own."""
