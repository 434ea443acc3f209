"""Fixtures of tests that hold for a database of either kind."""

from postgresql_rig import address, postgresql, server

__all__ = ["address", "postgresql", "server"]
