"""What the services see of the database and the secret store: Protocols, so that tests can bring their own.

Every write has been committed when it returns. All raise StorageError in words when the storage fails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from ibe100.database.records import EventIdRange, JournalPosition, StoredStream, StoredStreams
from ibe100.models.access import KeptRequest, StoredToken, StoredUser
from ibe100.models.alarms.alarm import Alarm, AlarmFilter
from ibe100.models.cues.as_run import LoggedStream
from ibe100.models.cues.log import CueLogQuery, CueStep
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.models.metrics import Curve, MetricsHealth, Series, StreamChange
from ibe100.models.scte35_marker import Cue
from ibe100.models.session import AttemptRecord, AuditRecord, SessionRecord


class CueStorage(Protocol):
    """Cues and every step of their lives."""

    async def create(
        self,
        draft: Cue,
        event_ids: EventIdRange | None = None,
        seal: Callable[[Cue], Cue] | None = None,
        foreign_ids: Collection[int] = (),
    ) -> Cue:
        """Store `draft` (its cue_id is ignored) and give it its cue_id.

        With `event_ids` it gets a splice_event_id in the same transaction, unless it has one.
        `foreign_ids` were chosen elsewhere: the allocator never gives them out within its retention.
        `seal` gets the numbered cue in that transaction and returns it encoded and ARMED (pure, quick).
        Raises CueRefused when no event id is free, or what `seal` raises; then nothing is stored.
        """

    async def step(self, cue: Cue) -> Cue:
        """Store `cue` as it now is, as a step of its life."""

    async def get(self, cue_id: int) -> Cue | None: ...
    async def recent(self, stream_id: str | None = None, limit: int = 50) -> tuple[Cue, ...]:
        """The newest first."""

    async def find(self, query: CueLogQuery) -> tuple[Cue, ...]:
        """Those that are wanted, the newest first; one more than the limit where there are more."""

    async def newest_splice(self, stream_id: str) -> Cue | None:
        """The newest cue that took the viewers into a break or back; None without any."""

    async def unfinished(self, stream_id: str | None = None) -> tuple[Cue, ...]:
        """Those something can still happen to, the oldest first."""

    async def steps(self, cue_id: int) -> tuple[CueStep, ...]: ...


class AsRunStorage(Protocol):
    """What an as-run log is made of."""

    async def cues(
        self, begins_at: float, ends_at: float, stream_id: str | None = None
    ) -> tuple[tuple[Cue, ...], dict[int, str]]:
        """The cues whose splice fell within the range (the end excluded), in that order.

        With them, by cue_id, the name the stream had in the cue's session, where it had one.
        """

    async def return_receipts(self, first_cue_id: int, last_cue_id: int) -> dict[int, ReturnReceipt]:
        """What the return feeds said, by cue_id; both ends included."""

    async def streams(self) -> tuple[LoggedStream, ...]:
        """Those of the list by their number, then those that were taken off it."""


class ReturnReceiptStorage(Protocol):
    """What the return feeds said of each cue."""

    async def save(self, receipt: ReturnReceipt) -> None:
        """Store it as it now is."""

    async def open(self, now: float) -> tuple[ReturnReceipt, ...]:
        """Those whose window is not over or that were never judged, the oldest first."""

    async def of_cues(self, first_cue_id: int, last_cue_id: int) -> dict[int, ReturnReceipt]:
        """By cue_id, both ends included."""


class SessionStorage(Protocol):
    """Sessions and the attempts within them."""

    async def start(
        self,
        *,
        stream_id: str,
        stream_name: str,
        engine: str,
        command: str,
        started_at: float,
        profile: str = "",
    ) -> SessionRecord: ...
    async def attempt_started(self, attempt: AttemptRecord) -> None:
        """May be told twice."""

    async def attempt_ended(self, attempt: AttemptRecord) -> None:
        """The whole record; may be told twice, and without the start."""

    async def end(self, session_id: int, ended_at: float, reason: str) -> None:
        """One that is closed keeps its first end."""

    async def close_unseen(self, adopted: Collection[int], at: float) -> tuple[SessionRecord, ...]:
        """Close each open session that is not in `adopted` as "ended unseen"; returns those closed now."""

    async def get(self, session_id: int) -> SessionRecord | None: ...
    async def list(self, limit: int = 200) -> tuple[SessionRecord, ...]:
        """The newest first."""

    async def attempts(self, session_id: int) -> tuple[AttemptRecord, ...]: ...
    async def between(
        self, stream_id: str, begins_at: float, ends_at: float
    ) -> tuple[tuple[SessionRecord, tuple[AttemptRecord, ...]], ...]:
        """The sessions of a stream that ran within the range, with their attempts, the oldest first."""


class AlarmStorage(Protocol):
    """Alarms on record."""

    async def save(self, alarm: Alarm) -> None:
        """As it now is, under its alarm_id."""

    async def highest_id(self) -> int:
        """Of all that were ever kept; 0 without any."""

    async def open(self) -> tuple[Alarm, ...]:
        """All that are not closed, the oldest first."""

    async def list(self, wanted: AlarmFilter = AlarmFilter()) -> tuple[Alarm, ...]:
        """The newest first, closed ones too."""

    async def between(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[Alarm, ...]:
        """Those of a stream that stood within the range, the oldest first; at most 2,000, the newest."""


class AuditStorage(Protocol):
    """What operators did."""

    async def write(self, record: AuditRecord) -> None: ...
    async def list(self, limit: int = 500) -> tuple[AuditRecord, ...]:
        """The newest first."""


class JournalStorage(Protocol):
    """How far each runner's journal has been taken over."""

    async def position(self, stream_id: str) -> JournalPosition | None: ...
    async def advance(self, stream_id: str, runner: str, seq: int) -> None:
        """Everything up to `seq` is stored; never goes back within one journal (`runner`)."""


class StreamStorage(Protocol):
    """The desired state: which streams there are, and which of them should run."""

    async def load(self) -> StoredStreams: ...
    async def save(self, stream: StoredStream) -> None:
        """Add or replace. Passphrases are not stored: they go to SecretStorage."""

    async def remove(self, stream_id: str) -> None: ...


class ScheduleStorage(Protocol):
    """Planned breaks."""

    async def load(self, since: float) -> tuple[ScheduledBreak, ...]:
        """All that are not over, and those that were due since then, by their numbers."""

    async def add(self, breaks: Sequence[ScheduledBreak]) -> tuple[ScheduledBreak, ...]:
        """Store new ones, all or none, and give them their break_ids.

        One that names another of `breaks` by its negative break_id names it by the new one afterwards.
        """

    async def save(self, breaks: Sequence[ScheduledBreak]) -> None:
        """Store them as they now are, all or none."""

    async def remove(self, break_ids: Collection[int]) -> None: ...


class UserStorage(Protocol):
    """Users and their tokens."""

    async def users(self) -> tuple[StoredUser, ...]: ...
    async def tokens(self) -> tuple[StoredToken, ...]: ...
    async def save_user(self, user: StoredUser) -> None:
        """Add or replace; the tokens stay."""

    async def remove_user(self, name: str) -> None:
        """With all tokens."""

    async def add_token(self, token: StoredToken) -> StoredToken:
        """Its token_id is ignored and given."""

    async def remove_tokens(self, token_ids: Collection[int]) -> None: ...
    async def used(self, token_id: int, at: float) -> None: ...


class KeptRequestStorage(Protocol):
    """Which cue came of which request, by the caller's own key; kept for a day."""

    async def reserve(self, user: str, key: str, digest: str) -> KeptRequest | None:
        """None when the key is new and now stands for `digest`; else what it stood for before."""

    async def settle(self, user: str, key: str, cue_id: int) -> None: ...
    async def release(self, user: str, key: str) -> None:
        """Nothing came of it: the key is free again."""


class Storage(Protocol):
    """All of the above, as the composition root hands them to the services."""

    @property
    def cues(self) -> CueStorage: ...
    @property
    def sessions(self) -> SessionStorage: ...
    @property
    def alarms(self) -> AlarmStorage: ...
    @property
    def audit(self) -> AuditStorage: ...
    @property
    def journal(self) -> JournalStorage: ...
    @property
    def streams(self) -> StreamStorage: ...
    @property
    def schedule(self) -> ScheduleStorage: ...
    @property
    def as_run(self) -> AsRunStorage: ...
    @property
    def return_receipts(self) -> ReturnReceiptStorage: ...
    @property
    def users(self) -> UserStorage: ...
    @property
    def kept_requests(self) -> KeptRequestStorage: ...


class MetricsStorage(Protocol):
    """Measurements over time, in a file of their own; recording never waits and never fails."""

    def record(self, stream_id: str, at: float, values: Mapping[Series, float]) -> None:
        """A sample; `at` is wall clock. What finds no room is dropped and counted. Safe from any thread."""

    def record_change(self, change: StreamChange) -> None: ...
    def health(self) -> MetricsHealth: ...
    async def series(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[Series, ...]:
        """What was measured on a stream in that time."""

    async def curves(
        self,
        stream_ids: Sequence[str],
        series: Sequence[Series],
        begins_at: float,
        ends_at: float,
        points: int = 800,
    ) -> tuple[Curve, ...]:
        """Down-sampled to about so many points at most; series without any point are left out."""

    async def changes(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamChange, ...]:
        """The newest last."""


class SecretStorage(Protocol):
    """Secrets by name, encrypted at rest. Blocks on the disk for a moment: call it in a thread."""

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str) -> None: ...
    def delete(self, name: str) -> None:
        """Nothing happens if there is no such secret."""

    def names(self) -> tuple[str, ...]: ...
