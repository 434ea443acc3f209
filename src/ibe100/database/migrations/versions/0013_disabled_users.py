"""Users who are switched off: their role and rights are kept, and nothing lets them in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("users", sa.Column("is_disabled", sa.Boolean(), nullable=False, server_default=sa.false()))
