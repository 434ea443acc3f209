"""Run by Alembic: migrates over the connection that `upgrade.py` hands in, inside its transaction."""

from __future__ import annotations

from alembic import context

from ibe100.database.sql.schema import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
