"""Streams: the list, launch, runners, their journals, secrets, and the reconciler."""
