"""Alarms with their likely cause, shelved for a while or explained by another one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for name in ("cause", "suppressed_by", "shelved_by", "shelve_reason"):
        op.add_column("alarms", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("alarms", sa.Column("shelved_until", sa.Double(), nullable=True))
