"""Receipts of the return feed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "return_receipts",
        sa.Column("cue_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("left_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=True),
        sa.Column("seen_base64", sa.Text(), nullable=False),
        sa.Column("splice_pid", sa.BigInteger(), nullable=True),
        sa.Column("pre_roll_ms", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["cue_id"], ["cues.cue_id"], name="fk_return_receipts_cue_id_cues"),
        sa.PrimaryKeyConstraint("cue_id", name="pk_return_receipts"),
    )
    op.create_index("ix_return_receipts_ends_at", "return_receipts", ["ends_at"])
