"""Fixtures of a PostgreSQL server."""

from postgresql_rig import postgresql, server

__all__ = ["postgresql", "server"]
