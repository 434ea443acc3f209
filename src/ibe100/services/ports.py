"""Ports: narrow Protocols of the services for front ends, so that a remote twin can replace them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import SecretStr

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.alarms.confidence import Picture, PictureSize, Preview, SoundLevels
from ibe100.models.alarms.notification import NotificationTarget, TargetView
from ibe100.models.alarms.settings import RuleChange, RuleView
from ibe100.models.console import Link, Seat
from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.cues.input_cue import InputCue
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.messages import Message
from ibe100.models.profile import Profile
from ibe100.models.rights import Act, Role
from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, Readiness
from ibe100.models.stream_config import StreamConfig
from ibe100.models.users import NewToken, Token, User
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.input_port import InputPort
from ibe100.services.media_port import MediaPort
from ibe100.services.preset_port import CuePresetPort
from ibe100.services.record_ports import (
    AsRunPort,
    ClipPort,
    MetricsCsvPort,
    MetricsPort,
    RecordsPort,
    StreamEventsPort,
)
from ibe100.services.schedule_port import SchedulePort
from ibe100.services.stream_port import StreamPort
from ibe100.services.upkeep_ports import BackupPort, ClusterPort, KeptBackupsPort, SettingsPort, SupportPort

Result = TypeVar("Result")


class CuePort(Protocol):
    """Cues: what can go out, what would go out, send it, what became of it."""

    def readiness(self, stream_id: str, action: CueAction | None = None) -> Readiness:
        """Readiness of a stream for a cue, or for a cue of this `action`; safe from any thread."""

    async def preview(self, request: CueRequest) -> CuePreview: ...
    async def fire(self, request: CueRequest) -> Cue:
        """Commit a cue, then send it; returns it as SENT (immediate) or ARMED. Raises CueRefused."""

    async def cancel(self, cue_id: int) -> Cue:
        """Cancel a cue that is ARMED: it never airs. Raises CueRefused otherwise."""

    @property
    def unusual_break_s(self) -> float:
        """Length above which a break is told of as unusually long."""

    def break_warning(self, duration_s: float) -> str:
        """Words about a break that is unusually long, else empty; pure and quick."""

    def recent(self, stream_id: str) -> tuple[Cue, ...]:
        """Newest cues first, at most 50; safe from any thread."""

    def announced_end(self, out: Cue) -> float | None:
        """Wall clock at which the break that `out` began is over as announced; None without a duration."""


class ReturnPort(Protocol):
    """Receipts from the return feeds; safe from any thread."""

    def receipt(self, cue_id: int) -> ReturnReceipt | None:
        """Receipt of a cue; None where no return feed was watched, or long ago."""

    def recent(self, stream_id: str) -> tuple[ReturnReceipt, ...]:
        """Receipts, the newest first."""


class AlarmPort(Protocol):
    """Alarms that stand. Changes raise NotFound for one that is closed, and OperatorError."""

    def standing(self) -> tuple[Alarm, ...]:
        """Alarms that are not closed, most severe and newest first; safe from any thread.

        Those with `is_shown` false are shelved, or explained by another: to be listed apart or under it.
        """

    def rate(self) -> int:
        """Alarms put before the operator within the last 10 minutes; safe from any thread."""

    async def acknowledge(self, alarm_id: int) -> Alarm: ...
    async def shelve(self, alarm_id: int, minutes: float, reason: str) -> Alarm:
        """Shelve an alarm for up to a day, also when it clears and comes again; a reason is asked for."""

    async def unshelve(self, alarm_id: int) -> Alarm: ...


class AlarmRulesPort(Protocol):
    """Rules: when conditions are alarms, and how bad ones."""

    async def views(self, stream_id: str = "") -> tuple[RuleView, ...]:
        """Rules as they hold for a stream, or in general."""

    async def set(self, stream_id: str, condition: str, change: RuleChange) -> RuleView:
        """Change a rule for a stream, or with an empty stream_id for all; an empty change undoes it.

        Raises NotFound where there is no such alarm, and OperatorError.
        """


class MonitoringPort(Protocol):
    """Measurements of the streams; they come as `TelemetryMeasured`."""

    async def reset_counters(self, stream_id: str) -> None:
        """Count TR 101 290 errors of a stream from zero."""


class PreviewPort(Protocol):
    """Pictures and sound of what goes out; nothing of it is in the way of a stream.

    New ones come as `PictureTaken`, `LevelsMeasured` and `PreviewChanged`.
    """

    async def watch(self, viewer: str, wanted: Mapping[str, PictureSize]) -> None:
        """Show `viewer` exactly these streams from now on; by `stream_id`."""

    def preview(self, stream_id: str) -> Preview:
        """State of a stream's preview; safe from any thread, as are the next two."""

    def listen(self, stream_id: str) -> AsyncGenerator[bytes, None]:
        """Sound of what goes out, 16-bit stereo at 48 kHz; an empty portion where none came for a while.

        On the loop. It goes on until it is closed, over restarts of the stream.
        """

    def picture(self, stream_id: str) -> Picture | None: ...
    def levels(self, stream_id: str) -> SoundLevels | None: ...


class ProfilePort(Protocol):
    """Profiles on disk, and those that come with the program."""

    async def shipped(self) -> tuple[str, ...]: ...
    async def names(self) -> tuple[str, ...]: ...
    async def save(self, name: str) -> Path:
        """Save the present list of streams under `name` (atomic)."""

    async def load(self, name: str) -> Profile:
        """Replace the list of streams; refused while one runs that the profile does not hold."""

    async def import_file(self, path: Path) -> Profile: ...
    async def export_file(self, name: str, path: Path) -> None: ...


class ContractPort(Protocol):
    """Contracts of distributors and checks of streams. What does not wait is pure and quick."""

    async def templates(self) -> tuple[Contract, ...]:
        """The contracts to choose from: those that ship, then own ones."""

    async def own(self) -> tuple[Contract, ...]:
        """Own contracts by name; the others ship, and are copied, not changed."""

    async def save(self, contract: Contract, was: str = "") -> Contract:
        """Add an own contract, or change the one whose name `was` until now. Streams keep what they have.

        Raises ConfigurationError for a name that another has, NotFound.
        """

    async def remove(self, name: str) -> None:
        """Remove an own contract; streams that have it keep it."""

    def apply(self, config: StreamConfig, contract: Contract | None) -> StreamConfig:
        """`config` with the contract and the cue options that follow from it; None takes it away.

        Raises ConfigurationError when the rest of `config` does not go with them.
        """

    def default_pre_roll_s(self, contract: Contract | None, action: CueAction) -> float:
        """Seconds ahead that a cue splices which is asked for without a time."""

    def break_faults(
        self, contract: Contract | None, duration_s: float, pre_roll_s: float
    ) -> tuple[str, ...]:
        """Reasons for which a break as it is chosen would be refused; none without a contract."""

    def lint(self, config: StreamConfig, report: StreamReport | None) -> tuple[ContractFinding, ...]:
        """Differences from the stream's contract, breaches first; nothing without a contract."""


class InputCuePort(Protocol):
    """Cues of others on the inputs."""

    def recent(self, stream_id: str) -> tuple[InputCue, ...]:
        """Cues of the input, the newest first, at most 200; safe from any thread."""


class NotificationPort(Protocol):
    """Targets of notifications. Their addresses are secrets: they go in and never come out."""

    def targets(self) -> tuple[TargetView, ...]:
        """Targets by name; safe from any thread."""

    async def save(self, target: NotificationTarget, url: str) -> TargetView:
        """Add or change; an empty `url` keeps the one there is."""

    async def remove(self, target_id: str) -> None: ...
    async def test(self, target_id: str) -> None:
        """Send a message now; raises OperatorError with the reason when it is not delivered."""


class UsersPort(Protocol):
    """Users and their tokens."""

    def users(self) -> tuple[User, ...]:
        """Users by name."""

    def tokens(self, user: str = "") -> tuple[Token, ...]:
        """Valid tokens of all users, or of one, by their numbers."""

    async def add_user(
        self, name: str, role: Role, password: SecretStr | None, streams: Sequence[str] | None = None
    ) -> User:
        """Add a user; without a password only tokens let them in, without streams they may act on all."""

    async def set_role(self, name: str, role: Role) -> User: ...
    async def set_streams(self, name: str, streams: Sequence[str] | None) -> User:
        """Change the streams a user may act on, by number, id or name; None is all."""

    async def set_password(self, name: str, password: SecretStr) -> None:
        """Change a password; logins by the old one end."""

    async def set_disabled(self, name: str, disabled: bool) -> User:
        """Switch a user off at once, or on again: role and rights are kept, sign-ins and tokens end."""

    async def remove_user(self, name: str) -> None:
        """Remove a user at once, with all tokens."""

    async def add_token(self, user: str, label: str, role: Role | None, lasts_s: float | None) -> NewToken:
        """Role None is the user's own, lasts_s None is until it is revoked."""

    async def revoke_token(self, token_id: int) -> None: ...


class ConsolePort(Protocol):
    """Person at the window: in whose name it acts, and what they may do."""

    def seat(self) -> Seat:
        """State for the screen; safe from any thread, as is the next."""

    def refusal(self, act: Act, stream_id: str | None = None) -> str:
        """Reason for which whoever is there may not do this, else empty; without a stream by the role."""

    async def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do this as whoever is at the window; the only way in for what the window asks."""

    async def do_with(self, work: Coroutine[Any, Any, Result], name: str, password: SecretStr) -> Result:
        """Do this with the one who signs in here as the second person. Raises NotSignedIn, TooManyLogins."""

    async def sign_in(self, name: str, password: SecretStr, note: str = "") -> Seat:
        """Take the window, also over from another. Raises NotSignedIn, TooManyLogins."""

    async def lock(self) -> Seat:
        """Lock cues and changes until somebody signs in."""

    async def sign_out(self) -> Seat: ...
    async def emergency(self, stream_id: str, action: CueAction) -> Cue:
        """Take a stream to a break or back without a sign-in; it is an alarm."""


class MessageStream(Protocol):
    """A subscription to the bus. Raises SubscriberFellBehind when it is not read in time."""

    @property
    def cursor(self) -> str:
        """Place of the last fact that was taken, after which a later subscription can go on."""

    @property
    def is_resumed(self) -> bool:
        """True where it goes on after the cursor that was given."""

    def __aiter__(self) -> AsyncIterator[Message]: ...
    async def __anext__(self) -> Message: ...
    def close(self) -> None: ...


class EnginePort(Protocol):
    """Processors of this machine."""

    async def engines(self) -> tuple[str, ...]:
        """Processors, the choice of `auto` first, such as `tsduck 3.45-4721 (/usr/bin/tsp)`."""


class Services(Protocol):
    """Ports as a window has them, in the process of the services or far from it."""

    @property
    def streams(self) -> StreamPort: ...
    @property
    def media(self) -> MediaPort: ...
    @property
    def cues(self) -> CuePort: ...
    @property
    def cue_presets(self) -> CuePresetPort: ...
    @property
    def return_feeds(self) -> ReturnPort: ...
    @property
    def alarms(self) -> AlarmPort: ...
    @property
    def alarm_rules(self) -> AlarmRulesPort: ...
    @property
    def monitoring(self) -> MonitoringPort: ...
    @property
    def preview(self) -> PreviewPort: ...
    @property
    def profiles(self) -> ProfilePort: ...
    @property
    def schedule(self) -> SchedulePort: ...
    @property
    def records(self) -> RecordsPort: ...
    @property
    def as_run(self) -> AsRunPort: ...
    @property
    def clips(self) -> ClipPort: ...
    @property
    def stream_events(self) -> StreamEventsPort: ...
    @property
    def metrics(self) -> MetricsPort: ...
    @property
    def metrics_csv(self) -> MetricsCsvPort: ...
    @property
    def contracts(self) -> ContractPort: ...
    @property
    def input_cues(self) -> InputCuePort: ...
    @property
    def inputs(self) -> InputPort: ...
    @property
    def notifications(self) -> NotificationPort: ...
    @property
    def backups(self) -> BackupPort: ...
    @property
    def kept_backups(self) -> KeptBackupsPort: ...
    @property
    def settings(self) -> SettingsPort: ...
    @property
    def support(self) -> SupportPort: ...
    @property
    def cluster(self) -> ClusterPort: ...
    @property
    def engine(self) -> EnginePort: ...
    @property
    def access(self) -> UsersPort: ...
    @property
    def console(self) -> ConsolePort: ...

    def links(self) -> tuple[Link, ...]:
        """Connections to servers on other machines; none where the services are in this process.

        Safe from any thread.
        """

    async def until_known(self) -> None:
        """Return once the present state can be read: at once where the services are in this process."""

    def messages(self, most_behind: int | None = None, after: str = "") -> MessageStream:
        """Subscribe to all facts and the latest samples from now on; a bounded queue per subscriber.

        With the cursor of an earlier subscription facts since then come first, where they are still kept.
        """
