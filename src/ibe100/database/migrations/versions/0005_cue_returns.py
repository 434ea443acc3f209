"""How a break ends is decided by the cue that begins it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("cues", sa.Column("returns", sa.Text(), nullable=True))
