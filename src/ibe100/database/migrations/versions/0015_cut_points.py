"""How far each splice was from a picture at which decoding can begin, and the changes of a break on air."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("cues", sa.Column("idr_offset_ms", sa.Double(), nullable=True))
    op.add_column("cues", sa.Column("idr_kind", sa.Text(), nullable=True))
    op.add_column("cues", sa.Column("break_update", sa.BigInteger(), nullable=True))
