"""The runner put together: lock held, journal open, sockets bound, supervisor at work, commands answered."""

import json
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from ibe100.runner.journal.control import ControlServer
from ibe100.runner.journal.journal import Journal
from ibe100.runner.launch import boot_id
from ibe100.runner.loop import Loop
from ibe100.runner.processor_log.file import ProcessorLog
from ibe100.runner.processor_log.lines import RateLimit
from ibe100.runner.spec import INFLUX_TOKEN, Spec, SpecError, load_spec, parse_secrets
from ibe100.runner.stand_in import HeldCues
from ibe100.runner.supervision.backoff import system_fraction
from ibe100.runner.supervision.companion import Companion
from ibe100.runner.supervision.identity import RecordFile, RunnerRecord, process_start_time
from ibe100.runner.supervision.ownership import end_processes_of
from ibe100.runner.supervision.recorder_child import TERM_S, RecorderChild
from ibe100.runner.supervision.starter import BUILTIN
from ibe100.runner.supervision.states import State
from ibe100.runner.supervision.supervisor import Supervisor
from ibe100.runner.telemetry.listeners import PortTaken, Telemetry, TelemetryHandlers
from ibe100.runner.telemetry.pulse import LOOK_S, PulseHandlers
from ibe100.runner.telemetry.srt_watch import SrtWatch
from ibe100.runner.telemetry.stray_datagram_watch import Woken, input_wakeups
from ibe100.runner.telemetry.switch_watch import SwitchWatch

RUNNER_VERSION = 1
RECORD = "runner.json"
SPEC = "spec.json"
_COMMANDS = (
    *("status", "stop", "pass", "restart", "retry", "respec", "switch", "hold", "drop", "record"),
    "subscribe",
)
_SWITCH_WORDS = ("input", "hold", "seconds", "rules")
_LAST_LINES_S = 1.0  # time for subscribers to take the last journal lines
_JOURNAL_RETRY_S = 1.0
_DAMAGED_PER_SECOND = 10
_INPUT_CUES_PER_SECOND = 10
_INPUT_CUES_REMEMBERED = 64
_FOREIGN_PER_SECOND = 1


class StreamRunner:
    """One stream from its first attempt to its last line. The caller holds the stream's lock."""

    def __init__(
        self,
        folder: Path,
        socket_path: Path,
        spec: Spec,
        secrets: Mapping[str, str],
        journal: Journal,
        fraction: Callable[[], float] = system_fraction,
    ) -> None:
        self._folder = folder
        self._socket_path = socket_path
        self._journal = journal
        self._loop = Loop()
        self._started_at = time.monotonic()
        self._start_time = process_start_time(os.getpid()) or 0
        self._boot_id = boot_id()
        self._record_file: RecordFile | None = None
        self._over = False
        self._has_left_behind = False
        self._companion: Companion | None = None
        self._log_file = ProcessorLog(folder / "processor.log")
        self._damaged_limit = RateLimit(
            _DAMAGED_PER_SECOND, lambda count: self._log("warning", f"{count} more damaged datagrams")
        )
        self._input_cue_limit = RateLimit(
            _INPUT_CUES_PER_SECOND,
            lambda count: self._log("warning", f"{count} more cues of the input are not on record"),
        )
        self._of_input: deque[str] = deque(maxlen=_INPUT_CUES_REMEMBERED)
        self._foreign_limit = RateLimit(
            _FOREIGN_PER_SECOND, lambda count: self._log("warning", f"{count} more that others have sent")
        )
        self._control = ControlServer(self._loop, socket_path, journal, self._answer)
        self._telemetry = Telemetry(
            self._loop,
            TelemetryHandlers(
                cue_seen=self._cue_seen,
                input_cue_seen=self._input_cue,
                cue_tag=self._cue_tag,
                playlist=lambda facts: self._sample("playlist", {"json": facts}),
                splice_event=lambda facts: self._note("splice_event", facts),
                influx=self._influx,
                analyze=self._analyze,
                tables=lambda sections: self._sample("tables", {"sections": sections}),
                pulse=PulseHandlers(
                    flows=lambda flows, quiet_s: self._sample(
                        "pulse", {"flows": flows, "quiet_s": round(quiet_s, 3)}
                    ),
                    faults=lambda facts: self._sample("packet_faults", facts),
                    strays=lambda count, over_s: self._sample(
                        "strays", {"datagrams": count, "over_s": round(over_s, 3)}
                    ),
                    pcrs=lambda facts: self._sample("pcr", {"pids": facts}),
                    pictures=lambda facts: self._sample("pictures", facts),
                    wakeups=self._input_wakeups,
                    first=self._first_packets,
                ),
                damaged=lambda text: self._warn(self._damaged_limit, text),
                foreign=lambda text: self._warn(self._foreign_limit, text),
            ),
        )
        self._srt = SrtWatch(self._sample), SrtWatch(self._sample)
        """SRT of the processor, and of the source."""
        self._switch = SwitchWatch(self._sample, self._note)
        self._supervisor = Supervisor(
            self._loop,
            spec,
            secrets,
            self._note,
            self._log_file,
            self._telemetry,
            self._record,
            self._end,
            *self._srt,
            self._switch,
            lambda trouble: self._sample("output", {"trouble": trouble}),
            fraction,
        )
        self._recorder = RecorderChild(
            self._loop, folder, lambda content: self._sample("recorder", content), self._log, fraction
        )
        self._held_cues = HeldCues(self._loop, folder, lambda: self._supervisor.spec.ports.cue, self._log)

    def run(self) -> tuple[State, str]:
        """Run the stream; returns the state it ended in, and why."""
        spec = self._supervisor.spec
        self._loop.on_signals((signal.SIGCHLD, signal.SIGTERM, signal.SIGINT), self._signalled)
        self._note(
            "runner_started", {"pid": os.getpid(), "generation": spec.generation, "engine": spec.engine}
        )
        taken = ""
        try:
            self._telemetry.bind(spec.ports)
        except PortTaken as error:
            taken = str(error)
        # A runner that was killed left its processor on air, with our ports: it makes room for a new one, and
        # tells before what nobody has heard.
        end_processes_of(self._folder, self._say_left_behind)
        # The built-in processor of an earlier version tells it by ports, as the last thing it does.
        self._telemetry.drain(of_the_dead=self._has_left_behind and spec.engine == BUILTIN)
        self._record()
        if taken:
            self._supervisor.fail(taken)
        else:
            self._supervisor.start()
            self._record_clips()
        self._loop.call_later(_JOURNAL_RETRY_S, self._retry_journal)
        self._look_at_peers()
        if spec.companion_of:
            self._companion = Companion(
                self._loop, Path(spec.companion_of), lambda: self._supervisor.stop("its stream has ended")
            )
        self._loop.run()
        self._close()
        assert self._supervisor.state is not None
        return self._supervisor.state, self._supervisor.reason

    def _note(self, kind: str, facts: Mapping[str, object]) -> None:
        if kind == "attempt_started":
            self._telemetry.new_processor()
        self._journal.append(kind, facts)
        if kind == "cue_seen":
            self._journal.sync()
        self._control.journal_grew()

    def _log(self, level: str, text: str) -> None:
        self._note("log", {"level": level, "text": text, "plugin": "runner"})

    def _cue_seen(self, facts: Mapping[str, object]) -> None:
        section = str(facts.get("base64", ""))
        self._held_cues.saw(section)
        if section in self._of_input and not self._input_cue_limit.admits(time.monotonic()):
            return
        self._note("cue_seen", facts)

    def _input_cue(self, facts: dict[str, object]) -> None:
        """Other people's cues must not push ours out of the journal, on the input or passed on."""
        self._of_input.append(str(facts.get("base64", "")))
        if self._input_cue_limit.admits(time.monotonic()):
            short = {key: facts[key] for key in ("base64", "splice_pid", "time")}
            self._note("input_cue_seen", short)

    def _cue_tag(self, kind: str, facts: dict[str, object]) -> None:
        """A tag of a playlist or an event message told of a cue."""
        if self._input_cue_limit.admits(time.monotonic()):
            self._note(kind, facts)

    def _warn(self, limit: RateLimit, text: str) -> None:
        if limit.admits(time.monotonic()):
            self._log("warning", text)

    def _influx(self, lines: list[str]) -> None:
        self._sample("influx", {"lines": lines})
        self._supervisor.observe_influx(lines)

    def _analyze(self, report: object) -> None:
        self._sample("analyze", {"json": report})
        self._supervisor.observe_analyze(report)

    def _first_packets(self, facts: Mapping[str, object]) -> None:
        self._sample("first_packets", facts)
        self._supervisor.observe_first_packets()

    def _sample(self, kind: str, content: Mapping[str, object]) -> None:
        value = {"sample": kind, "t": round(time.time(), 6), "mono": round(time.monotonic(), 6), **content}
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        self._control.sample(kind, text.encode("utf-8", "replace") + b"\n")

    def _signalled(self, number: int) -> None:
        if number == signal.SIGCHLD:
            self._supervisor.child_ended()
            self._recorder.poll()
        else:
            self._supervisor.stop(f"the runner was asked to end by {signal.Signals(number).name}")

    def _answer(self, command: str, request: dict[str, object]) -> dict[str, object]:
        reason = request.get("reason", "")
        if not isinstance(reason, str):
            return {"ok": False, "error": "reason must be a text"}
        match command:
            case "status":
                return self._status()
            case "stop":
                self._supervisor.stop(reason or "stop asked for")
                return {"ok": True}
            case "pass":
                return self._accepted(self._supervisor.pass_on(reason or "its plan does not fit"))
            case "restart":
                return self._accepted(self._supervisor.restart(reason or "restart asked for"))
            case "retry":
                self._supervisor.retry(reason or "retry asked for")
                return {"ok": True}
            case "hold":
                error = self._held_cues.hold(request)
                return {"ok": False, "error": error} if error else {"ok": True}
            case "drop":
                return self._drop(request.get("cue"))
            case "switch":
                return self._switch_input(request)
            case "record":
                fault = self._record_clips()
                return {"ok": False, "error": fault} if fault else {"ok": True}
            case "respec":
                return self._respec(request.get("secrets", {}), reason or "new settings")
        return {
            "ok": False,
            "error": f"no command {command!r}; there are {', '.join(_COMMANDS)}",
        }

    def _respec(self, secrets_value: object, reason: str) -> dict[str, object]:
        try:
            secrets = parse_secrets(secrets_value)
            secrets.pop(INFLUX_TOKEN, None)  # meant for a runner that makes none itself
            spec = load_spec(self._folder / SPEC)
            spec.check_secrets(secrets)
            if spec.processor is None:
                raise SpecError("processor is null; a stream is not taken off the air by a spec")
            if spec.stream_id != self._supervisor.spec.stream_id:
                raise SpecError(
                    f"stream_id is {spec.stream_id}, but this is {self._supervisor.spec.stream_id}"
                )
            self._telemetry.bind(spec.ports)
        except (SpecError, PortTaken) as error:
            return {"ok": False, "error": f"the stream goes on as it was: {error}"}
        is_done = self._supervisor.respec(spec, secrets, reason)
        self._record_clips()
        return self._accepted(is_done)

    def _switch_input(self, request: dict[str, object]) -> dict[str, object]:
        wanted = {key: value for key, value in request.items() if key in _SWITCH_WORDS}
        is_told = self._supervisor.switch(wanted)
        return {"ok": True} if is_told else {"ok": False, "error": "the stream has one input only"}

    def _record_clips(self) -> str:
        """Record as recorder.json says; a fault of it is told, and concerns the clips alone."""
        fault = self._recorder.look(self._supervisor.spec.ports)
        if fault:
            self._log("warning", f"clips: {fault}")
            self._sample("recorder", {"error": fault})
        return fault

    def _drop(self, cue: object) -> dict[str, object]:
        if not isinstance(cue, int):
            return {"ok": False, "error": "drop takes cue (a number)"}
        self._held_cues.drop(cue)
        return {"ok": True}

    def _accepted(self, done: bool) -> dict[str, object]:
        return (
            {"ok": True}
            if done
            else {"ok": False, "error": f"the stream is {self._supervisor.state or 'not begun'}"}
        )

    def _status(self) -> dict[str, object]:
        supervisor = self._supervisor
        now = time.monotonic()
        child, source = supervisor.child, supervisor.source_child
        return {
            "ok": True,
            "stream_id": supervisor.spec.stream_id,
            "generation": supervisor.spec.generation,
            "engine": supervisor.spec.engine,
            "state": supervisor.state,
            "reason": supervisor.reason,
            "input_lost_at": supervisor.input_lost_at,
            "retry_at": supervisor.retry_at,
            "attempt": supervisor.attempt,
            "passes": supervisor.passes,
            "pid": None if child is None else child.pid,
            "source_pid": None if source is None else source.pid,
            "runner_pid": os.getpid(),
            "uptime_s": round(now - self._started_at, 3),
            "attempt_uptime_s": None if child is None else round(now - child.started_at, 3),
            "held_cues": len(self._held_cues),
            "seq": self._journal.seq,
            "first_seq": self._journal.first_seq(),
            "journal_error": self._journal.error,
            "journal_lines_lost": self._journal.lines_lost,
        }

    def _record(self) -> None:
        child, source = self._supervisor.child, self._supervisor.source_child
        record = RunnerRecord(
            pid=os.getpid(),
            start_time=self._start_time,
            boot_id=self._boot_id,
            control_socket=str(self._socket_path),
            version=RUNNER_VERSION,
            stream_id=self._supervisor.spec.stream_id,
            generation=self._supervisor.spec.generation,
            processor=None if child is None else child.identity,
            source=None if source is None else source.identity,
        )
        try:
            if self._record_file is None:
                self._record_file = RecordFile(self._folder / RECORD)
            self._record_file.write(record)
        except OSError as error:
            self._log("warning", f"{RECORD} cannot be written: {error.strerror}")

    def _say_left_behind(self, pid: int) -> None:
        self._has_left_behind = True
        self._log("warning", f"process {pid} was left behind by a runner that was killed; ending it")

    def _input_wakeups(self) -> Woken | None:
        child, processor = self._supervisor.child, self._supervisor.spec.processor
        return None if child is None or processor is None else input_wakeups(child.pid, processor.argv)

    def _look_at_peers(self) -> None:
        for watch in self._srt:
            watch.look()
        self._loop.call_later(LOOK_S, self._look_at_peers)

    def _retry_journal(self) -> None:
        self._journal.sync()
        if self._journal.error is not None and self._journal.flush():
            lost = self._journal.lines_lost
            self._log("warning", f"the journal can be written again; {lost} lines were lost so far")
        self._loop.call_later(_JOURNAL_RETRY_S, self._retry_journal)

    def _end(self, reason: str) -> None:
        if self._over:
            return
        self._over = True
        self._note("runner_stopped", {"reason": reason})
        self._recorder.stop()
        deadline, recorded_by = time.monotonic() + _LAST_LINES_S, time.monotonic() + TERM_S + _LAST_LINES_S

        def leave_when_sent() -> None:
            now = time.monotonic()
            self._recorder.poll()
            is_recorded = self._recorder.child is None or now >= recorded_by
            if is_recorded and (self._control.all_sent() or now >= deadline):
                self._loop.stop()
            else:
                self._loop.call_later(0.01, leave_when_sent)

        self._loop.call_later(0.0, leave_when_sent)

    def _close(self) -> None:
        self._control.close()
        self._telemetry.close()
        self._log_file.close()
        self._journal.close()
        self._loop.close()
        if self._record_file is not None:
            self._record_file.remove()
