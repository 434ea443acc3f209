"""Composition root, settings, logs, folders, secrets, event bus, restore."""
