"""Planned breaks: page, editor, import, next events."""
