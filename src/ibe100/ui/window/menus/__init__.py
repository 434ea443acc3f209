"""Menus of the bar and the pointer, what they ask first, and what is dropped on the window."""
