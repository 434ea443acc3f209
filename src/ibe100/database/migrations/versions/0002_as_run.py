"""What an as-run log asks of a cue: the planned time, the PTS it was seen at, the frame it counts in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("cues", sa.Column("scheduled_at", sa.Double(), nullable=True))
    op.add_column("cues", sa.Column("seen_pts", sa.BigInteger(), nullable=True))
    op.add_column("cues", sa.Column("frame_pts", sa.Double(), nullable=True))
    op.create_index("ix_cues_splice_at_requested_at", "cues", ["splice_at", "requested_at"])
