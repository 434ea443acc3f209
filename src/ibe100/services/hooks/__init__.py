"""Calls of programs and web addresses on chosen facts."""
