"""Planned breaks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "schedule",
        sa.Column("break_id", ROW_ID, nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("timing", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("pre_roll_s", sa.Double(), nullable=True),
        sa.Column("returns", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cue_id", ROW_ID, nullable=True),
        sa.Column("back_cue_id", ROW_ID, nullable=True),
        sa.Column("series_id", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(["cue_id"], ["cues.cue_id"], name="fk_schedule_cue_id_cues"),
        sa.ForeignKeyConstraint(["back_cue_id"], ["cues.cue_id"], name="fk_schedule_back_cue_id_cues"),
        sa.PrimaryKeyConstraint("break_id", name="pk_schedule"),
    )
    op.create_index("ix_schedule_state", "schedule", ["state"])
    op.create_index("ix_schedule_planned_at", "schedule", ["planned_at"])
