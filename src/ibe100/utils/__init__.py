"""Helpers of all packages: files, times and quantities as text, tasks."""
