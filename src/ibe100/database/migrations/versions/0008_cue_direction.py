"""Where a cue takes the viewers is kept with it."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from ibe100.models.cues.contract import Contract
from ibe100.scte35.direction import direction_of
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode, from_text

revision = "0008"
down_revision = "0007"

BY_ACTION = {"TO BREAK": "out", "CRASH OUT": "out", "BACK TO PROGRAMME": "in", "CRASH IN": "in"}


def upgrade() -> None:
    op.add_column("cues", sa.Column("direction", sa.Text(), nullable=False, server_default="none"))
    connection = op.get_bind()
    update = sa.text("UPDATE cues SET direction = :direction WHERE action = :action")
    for action, direction in BY_ACTION.items():
        connection.execute(update, {"action": action, "direction": direction})
    by_section = sa.text(
        "SELECT cue_id, section_base64, config FROM cues LEFT JOIN streams USING (stream_id) "
        "WHERE action IN ('SEND SECTION', 'TIME SIGNAL')"
    )
    for cue_id, section, config in connection.execute(by_section).all():
        connection.execute(
            sa.text("UPDATE cues SET direction = :direction WHERE cue_id = :cue_id"),
            {"cue_id": cue_id, "direction": _direction(section, config)},
        )


def _direction(section_base64: str, config: str | None) -> str:
    """By the section and the contract of its stream now; a section that cannot be read splices nothing."""
    try:
        contract = json.loads(config or "{}").get("contract")
        terms = None if contract is None else Contract.model_validate(contract)
        return direction_of(decode(from_text(section_base64)), terms).value
    except (ValueError, SpliceDecodeError):
        return "none"
