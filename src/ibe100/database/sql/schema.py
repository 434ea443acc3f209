"""The tables. Times are wall clock, seconds since the epoch; a change here needs a migration."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

REVISION = "0016"
"""The newest migration; what a database must be at before it is used."""

# SQLite numbers rows by itself only in a column declared INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Base of the tables; each constraint has a name, so that a later migration can drop it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: Text(), int: BigInteger()}


class SessionRow(Base):
    """A recorded run of a stream; ended_at is empty while it runs."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "stream_id", "started_at"),)

    session_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    stream_id: Mapped[str]
    stream_name: Mapped[str]
    profile: Mapped[str] = mapped_column(default="")
    engine: Mapped[str]
    command: Mapped[str]
    started_at: Mapped[float]
    ended_at: Mapped[float | None]
    end_reason: Mapped[str] = mapped_column(default="")


class AttemptRow(Base):
    """A life of the processor within a session."""

    __tablename__ = "attempts"

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.session_id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[float]
    ended_at: Mapped[float | None]
    exit_code: Mapped[int | None]
    outcome: Mapped[str] = mapped_column(default="")


class CueRow(Base):
    """A cue as it stands now; its steps are in cue_steps."""

    __tablename__ = "cues"
    __table_args__ = (
        Index(None, "stream_id", "cue_id"),
        Index(None, "state"),
        Index(None, "splice_at", "requested_at"),
    )

    cue_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    stream_id: Mapped[str]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.session_id"))
    action: Mapped[str]
    state: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[float]
    splice_event_id: Mapped[int | None]
    duration_s: Mapped[float | None]
    pre_roll_s: Mapped[float]
    pts_time: Mapped[int | None]
    splice_at: Mapped[float | None]
    section_base64: Mapped[str]
    sent: Mapped[int]
    sent_expected: Mapped[int]
    sent_at: Mapped[float | None]
    seen: Mapped[int]
    seen_base64: Mapped[str]
    seen_at: Mapped[float | None]
    latency_ms: Mapped[float | None]
    pre_roll_ms: Mapped[float | None]
    reason: Mapped[str]
    scheduled_at: Mapped[float | None]
    seen_pts: Mapped[int | None]
    frame_pts: Mapped[float | None]
    returns: Mapped[str | None]
    direction: Mapped[str] = mapped_column(server_default="none")
    idr_offset_ms: Mapped[float | None]
    idr_kind: Mapped[str | None]
    break_update: Mapped[int | None]


class CueStepRow(Base):
    """A committed step of a cue's life, in order."""

    __tablename__ = "cue_steps"

    cue_id: Mapped[int] = mapped_column(ForeignKey("cues.cue_id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    at: Mapped[float]
    reason: Mapped[str]


class EventIdRow(Base):
    """The last allocation of each splice_event_id of a stream; `serial` gives the order."""

    __tablename__ = "event_ids"
    __table_args__ = (UniqueConstraint("stream_id", "splice_event_id"), Index(None, "stream_id", "serial"))

    serial: Mapped[int] = mapped_column(RowId, primary_key=True)
    stream_id: Mapped[str]
    splice_event_id: Mapped[int]
    allocated_at: Mapped[float]


class AlarmRow(Base):
    """A condition on a stream, from raised to closed."""

    __tablename__ = "alarms"
    __table_args__ = (Index(None, "state"),)

    alarm_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    stream_id: Mapped[str]
    stream_name: Mapped[str]
    condition: Mapped[str]
    severity: Mapped[int]
    title: Mapped[str]
    value: Mapped[str]
    what_to_do: Mapped[str]
    state: Mapped[str]
    raised_at: Mapped[float]
    cleared_at: Mapped[float | None]
    acknowledged_at: Mapped[float | None]
    acknowledged_by: Mapped[str]
    cause: Mapped[str] = mapped_column(server_default="")
    suppressed_by: Mapped[str] = mapped_column(server_default="")
    shelved_until: Mapped[float | None]
    shelved_by: Mapped[str] = mapped_column(server_default="")
    shelve_reason: Mapped[str] = mapped_column(server_default="")


class AuditRow(Base):
    """Something an operator did."""

    __tablename__ = "audit"

    audit_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[float]
    who: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]


class RecordLinkRow(Base):
    """A link of the chain over audit, cues, sessions and receipts."""

    __tablename__ = "record_links"
    __table_args__ = (Index(None, "kind", "row_id", "part"),)

    link_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[float]
    kind: Mapped[str]
    row_id: Mapped[int]
    part: Mapped[int]
    digest: Mapped[bytes]
    state: Mapped[bytes]
    note: Mapped[str]
    layout: Mapped[int]
    key_id: Mapped[str]
    mac: Mapped[bytes]


class JournalPositionRow(Base):
    """Place up to which the journal of a runner has been taken over."""

    __tablename__ = "journal_positions"

    stream_id: Mapped[str] = mapped_column(primary_key=True)
    runner: Mapped[str]
    last_seq: Mapped[int]


class StreamRow(Base):
    """The desired state: which streams there are, and which should run."""

    __tablename__ = "streams"

    stream_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    config: Mapped[str]
    """JSON of StreamConfig without secrets."""
    desired: Mapped[str]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.session_id"))
    owner: Mapped[str] = mapped_column(server_default="")
    """Host that has the stream; empty where none has, and where one console works on the database alone."""
    epoch: Mapped[int] = mapped_column(server_default="0")
    """Counts the changes of owner."""


class HostRow(Base):
    """A host that works on the database beside others."""

    __tablename__ = "hosts"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    seen_at: Mapped[float]
    """Wall clock of the server: hosts' own clocks may differ."""
    facts: Mapped[str]
    """JSON of `ibe100.models.records.hosts.HostFacts`."""


class StreamViewRow(Base):
    """A stream as its owner sees it, for the consoles of the other hosts."""

    __tablename__ = "stream_views"

    stream_id: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    view: Mapped[str]
    """JSON of StreamView without secrets."""
    input: Mapped[str]
    """JSON of what its plan was made of, by which another host starts it without a look at its input."""


class DeletedStreamRow(Base):
    """A stream that was deleted; a number is never used again, for secrets are kept under it."""

    __tablename__ = "deleted_streams"
    __table_args__ = ({"sqlite_autoincrement": True},)

    deleted_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    stream_id: Mapped[str]
    number: Mapped[int]
    config: Mapped[str]
    """JSON of StreamConfig without secrets."""
    deleted_at: Mapped[float]
    deleted_by: Mapped[str]


class ScheduleRow(Base):
    """A planned break as it stands now; a series is one as well."""

    __tablename__ = "schedule"
    __table_args__ = (Index(None, "state"), Index(None, "planned_at"))

    break_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    stream_id: Mapped[str]
    title: Mapped[str]
    timing: Mapped[str]
    """JSON of `ibe100.models.cues.schedule.When`."""
    planned_at: Mapped[float | None]
    duration_s: Mapped[float]
    pre_roll_s: Mapped[float | None]
    returns: Mapped[str]
    enabled: Mapped[bool]
    state: Mapped[str]
    reason: Mapped[str]
    cue_id: Mapped[int | None] = mapped_column(ForeignKey("cues.cue_id"))
    back_cue_id: Mapped[int | None] = mapped_column(ForeignKey("cues.cue_id"))
    series_id: Mapped[int | None] = mapped_column(RowId)
    accepted: Mapped[str] = mapped_column(server_default="")


class ReturnReceiptRow(Base):
    """Receipt of a cue from the return feed as it stands now."""

    __tablename__ = "return_receipts"
    __table_args__ = (Index(None, "ends_at"),)

    cue_id: Mapped[int] = mapped_column(ForeignKey("cues.cue_id"), primary_key=True, autoincrement=False)
    stream_id: Mapped[str]
    state: Mapped[str]
    cause: Mapped[str]
    reason: Mapped[str]
    left_at: Mapped[float]
    ends_at: Mapped[float]
    expected: Mapped[int]
    seen: Mapped[int]
    seen_at: Mapped[float | None]
    seen_base64: Mapped[str]
    splice_pid: Mapped[int | None]
    pre_roll_ms: Mapped[float | None]


class UserRow(Base):
    """Somebody who may sign in."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[float]
    streams: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    """`stream_id` of each stream the rights are to; empty is all."""
    of_directory: Mapped[bool] = mapped_column(server_default=false())
    is_disabled: Mapped[bool] = mapped_column(server_default=false())


class ClipRow(Base):
    """A clip around a cue or an alarm."""

    __tablename__ = "clips"
    __table_args__ = (Index(None, "centre_at"), Index(None, "cue_id"), Index(None, "alarm_id"))

    clip_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    stream_id: Mapped[str]
    stream_name: Mapped[str]
    side: Mapped[str]
    cue_id: Mapped[int | None] = mapped_column(RowId)
    alarm_id: Mapped[int | None] = mapped_column(RowId)
    subject: Mapped[str]
    centre_at: Mapped[float]
    made_at: Mapped[float]
    starts_at: Mapped[float | None]
    ends_at: Mapped[float | None]
    host: Mapped[str]
    file: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    lost_packets: Mapped[int]
    incomplete: Mapped[str]
    removed_at: Mapped[float | None]
    removed_why: Mapped[str]


class TokenRow(Base):
    """A user's token, by the SHA-256 of its secret."""

    __tablename__ = "tokens"
    __table_args__ = (UniqueConstraint("digest"),)

    token_id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("users.name"))
    label: Mapped[str]
    role: Mapped[str]
    digest: Mapped[str]
    by_login: Mapped[bool]
    created_at: Mapped[float]
    expires_at: Mapped[float | None]
    last_used_at: Mapped[float | None]


class KeptRequestRow(Base):
    """A request for a cue that was made under a key of the caller's."""

    __tablename__ = "kept_requests"
    __table_args__ = (Index(None, "kept_at"),)

    user: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    cue_id: Mapped[int | None]
    kept_at: Mapped[float]


def table_of(row: type[Base]) -> Table:
    """The table behind a row class, for statements that need no objects of it."""
    return cast(Table, row.__table__)
