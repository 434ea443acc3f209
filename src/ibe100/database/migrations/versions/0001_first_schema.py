"""The first schema: sessions, cues, event ids, alarms, audit, journal positions, streams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("alarm_id", ROW_ID, nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("stream_name", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("severity", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("what_to_do", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.Double(), nullable=False),
        sa.Column("cleared_at", sa.Double(), nullable=True),
        sa.Column("acknowledged_at", sa.Double(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name="pk_alarms"),
    )
    op.create_index("ix_alarms_state", "alarms", ["state"])
    op.create_table(
        "audit",
        sa.Column("audit_id", ROW_ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name="pk_audit"),
    )
    op.create_table(
        "event_ids",
        sa.Column("serial", ROW_ID, nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("splice_event_id", sa.BigInteger(), nullable=False),
        sa.Column("allocated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_event_ids"),
        sa.UniqueConstraint("stream_id", "splice_event_id", name="uq_event_ids_stream_id_splice_event_id"),
    )
    op.create_index("ix_event_ids_stream_id_serial", "event_ids", ["stream_id", "serial"])
    op.create_table(
        "journal_positions",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("runner", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", name="pk_journal_positions"),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("stream_name", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_stream_id_started_at", "sessions", ["stream_id", "started_at"])
    op.create_table(
        "attempts",
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("exit_code", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name="fk_attempts_session_id_sessions"
        ),
        sa.PrimaryKeyConstraint("session_id", "attempt", name="pk_attempts"),
    )
    op.create_table(
        "cues",
        sa.Column("cue_id", ROW_ID, nullable=False),
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("session_id", ROW_ID, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.Double(), nullable=False),
        sa.Column("splice_event_id", sa.BigInteger(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("pre_roll_s", sa.Double(), nullable=False),
        sa.Column("pts_time", sa.BigInteger(), nullable=True),
        sa.Column("splice_at", sa.Double(), nullable=True),
        sa.Column("section_base64", sa.Text(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("sent_expected", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("seen_base64", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=True),
        sa.Column("latency_ms", sa.Double(), nullable=True),
        sa.Column("pre_roll_ms", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.session_id"], name="fk_cues_session_id_sessions"),
        sa.PrimaryKeyConstraint("cue_id", name="pk_cues"),
    )
    op.create_index("ix_cues_state", "cues", ["state"])
    op.create_index("ix_cues_stream_id_cue_id", "cues", ["stream_id", "cue_id"])
    op.create_table(
        "streams",
        sa.Column("stream_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("desired", sa.Text(), nullable=False),
        sa.Column("session_id", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.session_id"], name="fk_streams_session_id_sessions"
        ),
        sa.PrimaryKeyConstraint("stream_id", name="pk_streams"),
    )
    op.create_table(
        "cue_steps",
        sa.Column("cue_id", ROW_ID, nullable=False),
        sa.Column("step", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["cue_id"], ["cues.cue_id"], name="fk_cue_steps_cue_id_cues"),
        sa.PrimaryKeyConstraint("cue_id", "step", name="pk_cue_steps"),
    )
