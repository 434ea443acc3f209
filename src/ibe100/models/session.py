"""Records of the runs of streams, and of what operators did."""

from __future__ import annotations

from ibe100.models.base import Value


class SessionRecord(Value):
    """A recorded run of a stream, from start to stop, with all its restarts."""

    session_id: int
    stream_id: str
    stream_name: str
    profile: str = ""
    """The profile that was loaded last, when it was started; empty without one."""
    engine: str
    command: str
    """Command that can be pasted into a shell, secrets masked."""
    started_at: float
    ended_at: float | None = None
    end_reason: str = ""


class AttemptRecord(Value):
    """A life of the processor within a session."""

    session_id: int
    attempt: int
    started_at: float
    ended_at: float | None = None
    exit_code: int | None = None
    outcome: str = ""


class AuditRecord(Value):
    """Something an operator did."""

    at: float
    who: str
    action: str
    subject: str
    detail: str = ""
