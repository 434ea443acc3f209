"""Rights of a user may be to some streams only; a user may be of a directory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("users", sa.Column("streams", sa.JSON(), nullable=True))
    op.add_column("users", sa.Column("of_directory", sa.Boolean(), nullable=False, server_default=sa.false()))
