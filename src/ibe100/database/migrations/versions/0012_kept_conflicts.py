"""Conflicts of planned breaks that somebody chose to keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("schedule", sa.Column("accepted", sa.Text(), nullable=False, server_default=""))
