"""From Qt to the services: the only way out. Requests are coroutines; results come back as signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ibe100.models.alarms.alarm import AlarmFilter
from ibe100.models.alarms.confidence import PictureSize
from ibe100.models.alarms.notification import NotificationTarget, TargetView
from ibe100.models.alarms.settings import RuleChange, RuleView
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog
from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.cues.input_cue import InputCue
from ibe100.models.cues.log import CueLogQuery
from ibe100.models.cues.schedule import BreakPlan, ImportPreview
from ibe100.models.metrics import Series
from ibe100.models.scte35_marker import CueAction, CueRequest, Readiness
from ibe100.models.stream_config import StreamConfig, StreamInput
from ibe100.ui.plots.plot_request import PlotRequest, read_plot
from ibe100.ui.service_calls import Call, ServiceCalls

if TYPE_CHECKING:
    from ibe100.mpegts.stream_report import StreamReport
    from ibe100.services.ports import Services

OPERATOR = "operator"
"""Who acts in the window."""
NOT_READY = Readiness(ready=False, reasons=("the services are still starting; wait a moment",))


class ServiceClient(ServiceCalls):
    """All that the widgets may ask of the services."""

    def readiness(self, stream_id: str, action: CueAction) -> Readiness:
        """Whether this cue can go out now."""
        return NOT_READY if self._services is None else self._services.cues.readiness(stream_id, action)

    def engines(self) -> Call:
        """Result: the processors there are, in words."""
        return self.ask("engines", lambda s: s.engine.engines())

    def add_stream(self, config: StreamConfig, *, start: bool = False) -> Call:
        """Result: StreamView of the new stream, started if so wished."""

        async def add(services: Services) -> object:
            view = await services.streams.add(config)
            return await services.streams.start(view.stream_id) if start else view

        return self.ask(f"Add {config.name}", add)

    def change_stream(self, stream_id: str, config: StreamConfig) -> Call:
        """Result: StreamView."""
        return self.ask(f"Change {config.name}", lambda s: s.streams.change(stream_id, config))

    def remove_stream(self, stream_id: str, name: str) -> Call:
        """Result: None."""
        return self.ask(f"Delete {name}", lambda s: s.streams.remove(stream_id))

    def probe(self, source: StreamInput) -> Call:
        """Result: StreamReport."""
        return self.ask("Probe", lambda s: s.streams.probe(source))

    def preview_command(self, config: StreamConfig, report: StreamReport | None) -> Call:
        """Result: str, secrets masked."""
        return self.ask("Command preview", lambda s: s.streams.preview_command(config, report))

    def command(self, stream_id: str) -> Call:
        """Result: str, secrets masked."""
        return self.ask("Command", lambda s: s.streams.command(stream_id))

    def start_stream(self, stream_id: str, name: str) -> Call:
        """Result: StreamView."""
        return self.ask(f"Start {name}", lambda s: s.streams.start(stream_id))

    def stop_stream(self, stream_id: str, name: str, reason: str = "operator") -> Call:
        """Result: StreamView."""
        return self.ask(f"Stop {name}", lambda s: s.streams.stop(stream_id, reason))

    def restart_stream(self, stream_id: str, name: str) -> Call:
        """Result: StreamView."""
        return self.ask(f"Restart {name}", lambda s: s.streams.restart(stream_id))

    def preview_cue(self, request: CueRequest) -> Call:
        """Result: CuePreview."""
        return self.ask("Cue preview", lambda s: s.cues.preview(request))

    def fire(self, request: CueRequest) -> Call:
        """Result: Cue, SENT or ARMED."""
        return self.ask(str(request.action), lambda s: s.cues.fire(request))

    def cancel_cue(self, cue_id: int) -> Call:
        """Result: Cue, CANCELLED."""
        return self.ask("Disarm", lambda s: s.cues.cancel(cue_id))

    def acknowledge(self, alarm_ids: Sequence[int], who: str) -> Call:
        """Result: None."""

        async def acknowledge(services: Services) -> None:
            for alarm_id in alarm_ids:
                await services.monitoring.acknowledge(alarm_id, who)

        return self.ask("Acknowledge", acknowledge)

    def shelve(self, alarm_id: int, minutes: float, reason: str, who: str) -> Call:
        """Result: None."""
        return self.ask("Shelve", lambda s: s.monitoring.shelve(alarm_id, minutes, reason, who))

    def unshelve(self, alarm_id: int, who: str) -> Call:
        """Result: None."""
        return self.ask("Unshelve", lambda s: s.monitoring.unshelve(alarm_id, who))

    def alarm_rate(self) -> int:
        """Alarms put before the operator within the last 10 minutes; 0 while the services start."""
        return 0 if self._services is None else self._services.monitoring.alarm_rate()

    def alarm_rules(self, stream_id: str) -> tuple[RuleView, ...]:
        """The rules as they hold for a stream, or in general; none while the services start."""
        return () if self._services is None else self._services.monitoring.alarm_rules(stream_id)

    def set_alarm_rule(self, stream_id: str, condition: str, change: RuleChange, who: str) -> Call:
        """Result: RuleView."""
        return self.ask(
            "Alarm rule", lambda s: s.monitoring.set_alarm_rule(stream_id, condition, change, who)
        )

    def alarm_history(self, wanted: AlarmFilter) -> Call:
        """Result: tuple of Alarms, the newest first."""
        return self.ask("Alarm history", lambda s: s.history.alarms(wanted))

    def reset_counters(self, stream_id: str) -> Call:
        """Result: None."""
        return self.ask("Reset counters", lambda s: s.monitoring.reset_counters(stream_id))

    def watch_previews(self, viewer: str, wanted: Mapping[str, PictureSize]) -> Call:
        """Result: None."""
        return self.ask("Previews", lambda s: s.preview.watch(viewer, wanted))

    def input_cues(self, stream_id: str) -> tuple[InputCue, ...]:
        """Other people's cues on the input, the newest first; none while the services start."""
        return () if self._services is None else self._services.input_cues.recent(stream_id)

    def notification_targets(self) -> tuple[TargetView, ...]:
        """Who is told of alarms; nobody while the services start."""
        return () if self._services is None else self._services.notifications.targets()

    def save_target(self, target: NotificationTarget, url: str, who: str) -> Call:
        """Result: TargetView."""
        return self.ask(f"Save {target.name}", lambda s: s.notifications.save(target, url, who))

    def remove_target(self, target_id: str, who: str) -> Call:
        """Result: None."""
        return self.ask("Remove", lambda s: s.notifications.remove(target_id, who))

    def test_target(self, target_id: str) -> Call:
        """Result: None; refused with the reason when it is not delivered."""
        return self.ask("Test", lambda s: s.notifications.test(target_id))

    def profile_names(self) -> Call:
        """Result: tuple of names."""
        return self.ask("Profiles", lambda s: s.profiles.names())

    def save_profile(self, name: str) -> Call:
        """Result: Path of the file."""
        return self.ask(f"Save profile {name}", lambda s: s.profiles.save(name))

    def load_profile(self, name: str) -> Call:
        """Result: Profile."""
        return self.ask(f"Load profile {name}", lambda s: s.profiles.load(name))

    def import_profile(self, path: Path) -> Call:
        """Result: Profile."""
        return self.ask(f"Import {path.name}", lambda s: s.profiles.import_file(path))

    def export_profile(self, name: str, path: Path) -> Call:
        """Result: None."""
        return self.ask(f"Export profile {name}", lambda s: s.profiles.export_file(name, path))

    def history(self) -> Call:
        """Result: (sessions, cues, audit records), newest first."""

        async def read(services: Services) -> object:
            history = services.history
            return await history.sessions(), await history.cues(), await history.audit()

        return self.ask("History", read)

    def cue_log(self, query: CueLogQuery) -> Call:
        """Result: CueLog."""
        return self.ask("Cue log", lambda s: s.history.cue_log(query))

    def cue_steps(self, cue_id: int) -> Call:
        """Result: the CueSteps of a cue."""
        return self.ask("Cue log", lambda s: s.history.cue_steps(cue_id))

    def plot(self, request: PlotRequest) -> Call:
        """Result: PlotData."""
        return self.ask("Metrics", lambda s: read_plot(s, request))

    def export_metrics(
        self, stream_id: str, series: Sequence[Series], begins_at: float, ends_at: float, path: Path
    ) -> Call:
        """Result: how many rows were written."""
        return self.ask(
            f"Export {path.name}", lambda s: s.metrics.export_csv(stream_id, series, begins_at, ends_at, path)
        )

    def events(self, stream_id: str, begins_at: float, ends_at: float) -> Call:
        """Result: tuple of StreamEvents, the oldest first."""
        return self.ask("Events", lambda s: s.history.events(stream_id, begins_at, ends_at))

    def add_break(self, plan: BreakPlan) -> Call:
        """Result: ScheduledBreak."""
        return self.ask(f"Plan {plan.title}", lambda s: s.schedule.add(plan))

    def change_break(self, break_id: int, plan: BreakPlan) -> Call:
        """Result: ScheduledBreak."""
        return self.ask(f"Change {plan.title}", lambda s: s.schedule.change(break_id, plan))

    def remove_breaks(self, break_ids: Sequence[int]) -> Call:
        """Result: None."""
        return self.ask("Take off the schedule", lambda s: s.schedule.remove(break_ids))

    def preview_import(self, path: Path, time_zone: str) -> Call:
        """Result: ImportPreview."""
        return self.ask(f"Read {path.name}", lambda s: s.schedule.preview_import(path, time_zone))

    def import_breaks(self, preview: ImportPreview) -> Call:
        """Result: tuple of the ScheduledBreaks."""
        return self.ask(f"Import {preview.source}", lambda s: s.schedule.import_rows(preview))

    def conflicts(self) -> Call:
        """Result: tuple of Findings."""

        async def look(services: Services) -> object:
            return services.schedule.conflicts()

        return self.ask("Conflicts", look)

    def as_run(self, day: date, time_zone: str, stream_id: str | None) -> Call:
        """Result: AsRunLog."""
        return self.ask("As-run log", lambda s: s.history.as_run(day, time_zone, stream_id))

    def as_run_streams(self) -> Call:
        """Result: tuple of LoggedStreams."""
        return self.ask("As-run log", lambda s: s.history.as_run_streams())

    def export_as_run(self, log: AsRunLog, kind: AsRunFormat, path: Path) -> Call:
        """Result: the digest, str."""
        return self.ask(f"Export {path.name}", lambda s: s.history.export_as_run(log, kind, path))

    def contract_templates(self) -> Call:
        """Result: tuple of Contracts."""
        return self.ask("Contracts", lambda s: s.contracts.templates())

    def apply_contract(self, config: StreamConfig, contract: Contract | None) -> StreamConfig:
        """`config` with the options that follow from the contract; as it is while the services start."""
        return config if self._services is None else self._services.contracts.apply(config, contract)

    def default_pre_roll_s(self, contract: Contract | None, action: CueAction) -> float:
        """Seconds ahead that a cue splices which is asked for without a time."""
        return (
            0.0 if self._services is None else self._services.contracts.default_pre_roll_s(contract, action)
        )

    def break_faults(
        self, contract: Contract | None, duration_s: float, pre_roll_s: float
    ) -> tuple[str, ...]:
        """Why a break as it is chosen would be refused."""
        if self._services is None:
            return ()
        return self._services.contracts.break_faults(contract, duration_s, pre_roll_s)

    def lint(self, config: StreamConfig, report: StreamReport | None) -> tuple[ContractFinding, ...]:
        """What differs from the stream's contract, breaches first."""
        return () if self._services is None else self._services.contracts.lint(config, report)
