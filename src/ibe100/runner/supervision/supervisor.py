"""The state machine of one stream: attempts, health, stalls, retries, the end.

An attempt that cannot even start ends in FAILED only if this spec has never run: later (an upgrade replaces
the program, a port is held for a moment) it is one more failed attempt: the picture must come back by itself.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from ibe100.runner.loop import Loop, Timer
from ibe100.runner.processor_log.file import ProcessorLog
from ibe100.runner.processor_log.intake import LogIntake, Note
from ibe100.runner.processor_log.lines import Redactor
from ibe100.runner.spec import Command, Policy, Spec
from ibe100.runner.supervision.backoff import Backoff, system_fraction
from ibe100.runner.supervision.end_causes import is_plan_fault
from ibe100.runner.supervision.health import Health
from ibe100.runner.supervision.outcome import Outcome
from ibe100.runner.supervision.output_watch import BLOCKED_S, OutputWatch
from ibe100.runner.supervision.process import Child, Exit
from ibe100.runner.supervision.source import Source
from ibe100.runner.supervision.starter import CannotStart, Starter
from ibe100.runner.supervision.states import TERMINAL, State, assert_transition
from ibe100.runner.supervision.watchdog import Watchdog
from ibe100.runner.telemetry.listeners import Telemetry
from ibe100.runner.telemetry.processor_status import TROUBLE_WORDS
from ibe100.runner.telemetry.srt_watch import SrtWatch
from ibe100.runner.telemetry.switch_watch import SwitchWatch


class Supervisor:
    """Keeps the processor of one stream running until it is stopped, completes or cannot run at all."""

    def __init__(
        self,
        loop: Loop,
        spec: Spec,
        secrets: Mapping[str, str],
        note: Note,
        log_file: ProcessorLog,
        telemetry: Telemetry,
        processes_changed: Callable[[], None],
        ended: Callable[[str], None],
        srt: SrtWatch,
        srt_of_source: SrtWatch,
        switch: SwitchWatch,
        tell_output: Callable[[str], None],
        fraction: Callable[[], float] = system_fraction,
    ) -> None:
        self._loop = loop
        self.spec = spec
        self._secrets = secrets
        self._note = note
        self._telemetry = telemetry
        self._processes_changed = processes_changed
        self._ended = ended
        self._fraction = fraction
        self._srt = srt
        output = OutputWatch(loop, tell_output, self._end_blocked)
        self._log = LogIntake("processor", note, log_file, srt, output.changed, self._error_came)
        source_log = LogIntake("source", note, log_file, srt_of_source, switch=switch)
        self._source = Source(loop, note, source_log, srt_of_source, self._make_backoff, self._source_changed)
        self._starter = Starter(loop, self._source, self._log, srt, telemetry)
        self._backoff = self._make_backoff(spec.policy)
        self._health = Health(spec.policy.expect_pts)
        self._has_run = False
        self._relaunch: str | None = None
        self._retry: Timer | None = None
        self._watchdog = Watchdog(loop, self._stall, self._end_stalled)
        self._healthy_long: Timer | None = None
        self._stalled_at = 0.0
        self._is_held = False
        """True while a stalled processor is kept, because it waits for its input."""
        self.state: State | None = None
        self.reason = ""
        self.input_lost_at: float | None = None
        """Time of the last packets of an input that is silent now; wall clock, as is `retry_at`."""
        self.retry_at: float | None = None
        """Time of the next attempt, while one is waited for."""
        self.passes = ""
        """Reason why the spec's pass_through passes the input on without cues; empty while it does not."""
        self.attempt = 0
        self.child: Child | None = None

    @property
    def source_child(self) -> Child | None:
        return self._source.child

    def start(self) -> None:
        """Begin the first attempt; without a processor yet, only the source, and there is no state."""
        if self.spec.processor is not None:
            self._begin_attempt("started")
            return
        assert self.spec.source is not None
        try:
            self._source.run(self.spec.source, self._secrets, self.spec.policy)
        except OSError as error:
            self.fail(f"{self.spec.source.argv[0]} cannot be executed: {error.strerror}")

    def fail(self, reason: str) -> None:
        """Enter FAILED without an attempt: nothing can run at all."""
        self._enter(State.FAILED, reason)
        self._finish()

    def stop(self, reason: str) -> None:
        """TERM, wait, TERM, KILL, wait; then STOPPED."""
        if self.state in TERMINAL or self.state == State.STOPPING:
            return
        if self.state is None:
            # It never was a stream's run: no state of it goes on record.
            self.state, self.reason = State.STOPPED, reason
            self._finish()
            return
        self._enter(State.STOPPING, reason)
        if self._retry is not None:
            self._retry.cancel()
        self._source.stop()
        self._end_child()
        self._finish()

    def restart(self, reason: str) -> bool:
        """End the attempt and begin another at once. False if the stream is at its end, or has not begun."""
        if self.state in TERMINAL or self.state == State.STOPPING or self.spec.processor is None:
            return False
        self._source.bounce()
        self._attempt_anew(reason)
        return True

    def _go_on(self, reason: str) -> None:
        """Go on by another command, with the same processor and without a gap where that can be."""
        child, is_on_air = self.child, self.state in (State.STARTING, State.RUNNING)
        if child is None or not is_on_air or not child.exchange(self._command, self._secrets):
            self._attempt_anew(reason)
            return
        uptime = Exit(None, None, time.monotonic() - child.started_at)
        facts = uptime.facts(child.pid, f"it goes on by another command: {reason}", self._log.end())
        self._enter(State.RETRYING, reason)
        self._note("attempt_ended", {"attempt": self.attempt, **facts, "of_input": False})
        self.attempt += 1
        self._enter(State.STARTING, reason)
        self._log.begin(Redactor(self._secrets.values()))
        self._attempt_started(child, time.monotonic())

    def _error_came(self) -> None:
        """A built-in processor whose plan does not fit passes its input on by itself, until it is told."""
        error = self._log.last_error()
        if self.child is not None and self.child.is_guided and not self.passes and is_plan_fault(error):
            self.pass_on(str(error))

    def _attempt_anew(self, reason: str) -> None:
        self._relaunch = reason
        if self._retry is not None:
            self._retry.cancel()
        if self.child is None:
            self._begin_attempt(reason)
        elif self.state != State.RETRYING:
            if self.state == State.STALLED:
                self._end_stalled()
            else:
                self._end_child()
            self._enter(State.RETRYING, reason)

    def pass_on(self, reason: str) -> bool:
        """Pass the input on without cues from now on, until a respec brings a plan that fits it.

        False if the spec has no way to, or the stream is at its end.
        """
        if self.spec.pass_through is None or self.state in TERMINAL or self.state == State.STOPPING:
            return False
        if not self.passes:
            self.passes = reason
            self._go_on(reason)
        return True

    def switch(self, command: Mapping[str, object]) -> bool:
        """Have the input switch go to an input; False where there is none."""
        return self._source.switch(command)

    def retry(self, reason: str) -> None:
        """Begin the attempt that is waited for now; one that waits for its input is begun anew."""
        self._source.retry()
        if self._retry is not None or self.state == State.STALLED:
            self._attempt_anew(reason)

    def respec(self, spec: Spec, secrets: Mapping[str, str], reason: str) -> bool:
        """Go on with another spec, by a new attempt.

        A source that stays as it is goes on: whoever is connected to it may not call twice.
        """
        if self.state in TERMINAL or self.state == State.STOPPING:
            return False
        if spec.source is None:
            self._source.stop()
        elif (spec.source, secrets) != (self.spec.source, self._secrets):
            self._source.bounce()
        self.spec = spec
        self._secrets = secrets
        self._backoff = self._make_backoff(spec.policy)
        self._has_run = False
        self.passes = ""
        self._go_on(reason)
        return True

    def child_ended(self) -> None:
        """Look whether a child has ended (SIGCHLD)."""
        ended = None if self.child is None else self.child.poll()
        if ended is not None:
            self._telemetry.drain()
            self._judge(ended)
        self._source.poll()

    def observe_influx(self, lines: Sequence[str]) -> None:
        self._health.observe_influx(lines, time.monotonic())
        self._check_running()

    def observe_first_packets(self) -> None:
        """Packets and PTS come out of the processor, which has not posted yet."""
        self._health.observe_first_packets(time.monotonic())
        self._check_running()

    def observe_analyze(self, report: object) -> None:
        self._health.observe_analyze(report)

    def _begin_attempt(self, reason: str) -> None:
        self._retry = None
        self._relaunch = None
        self.attempt += 1
        self._enter(State.STARTING, reason)
        takes_cues = not self.passes
        try:
            self.child = self._starter.start(self.spec, self._command, self._secrets, takes_cues=takes_cues)
        except CannotStart as error:
            self._could_not_start(str(error))
            return
        self._has_run = True
        self._attempt_started(self.child, self.child.started_at)

    def _attempt_started(self, child: Child, started_at: float) -> None:
        self._health = Health(self.spec.policy.expect_pts and not self.passes)
        facts = {"pid": child.pid, "argv": list(self._command.argv), "passes": self.passes}
        self._note("attempt_started", {"attempt": self.attempt, **facts})
        self._processes_changed()
        self._watchdog.watch(self._health, self.spec.policy, started_at, 0.0)

    @property
    def _command(self) -> Command:
        command = self.spec.pass_through if self.passes else self.spec.processor
        assert command is not None
        return command

    def _could_not_start(self, reason: str) -> None:
        if self._has_run:
            self._retry_later(reason, self._backoff.next_delay_s())
        else:
            self._enter(State.FAILED, reason)
            self._finish()

    def _judge(self, ended: Exit) -> None:
        assert self.child is not None
        pid, started_at, self.child = self.child.pid, self.child.started_at, None
        log_tail = self._log.end()
        self._srt.end()
        error = self._log.last_error()
        should_run = self.state in (State.STARTING, State.RUNNING) or self._is_held
        if should_run:
            is_done = self.spec.policy.finite and ended.exit_code == 0 and error is None
            completed = is_done and self._health.packets_seen
            outcome = Outcome.of_its_own(ended, error, self._command.argv, completed)
        else:
            words = f"ended by the runner, {self.state}: {self.reason} ({ended.words()})"
            outcome = Outcome(words, completed=False, of_input=False)
        if outcome.of_input:
            self._lose_input(started_at)
        elif should_run and (error is not None or self._log.status.has_received):
            self.input_lost_at = None  # it gives packets, and something else is wrong
        facts = ended.facts(pid, outcome.words, log_tail)
        self._note("attempt_ended", {"attempt": self.attempt, **facts, "of_input": outcome.of_input})
        if outcome.completed:
            self._enter(State.COMPLETED, "the input has ended")
            self._finish()
        elif self.state == State.STOPPING:
            self._finish()
        elif self._relaunch is not None:
            self._begin_attempt(self._relaunch)
        elif should_run and is_plan_fault(error) and self.spec.pass_through is not None and not self.passes:
            self.passes = str(error)
            self._retry_later(outcome.words, 0.0)
        else:
            delay_s = outcome.pause_s(ended, self._backoff, was_stalled=self.state == State.STALLED)
            self._retry_later(outcome.words if should_run else self.reason, delay_s)

    def _retry_later(self, reason: str, delay_s: float) -> None:
        when = "at once" if delay_s == 0 else f"in {delay_s:.1f} s"
        self._enter(State.RETRYING, f"{reason}; trying again {when}", time.time() + delay_s)
        if delay_s == 0:
            self._begin_attempt("retry")
        else:
            self._retry = self._loop.call_later(delay_s, lambda: self._begin_attempt("retry"))

    def _check_running(self) -> None:
        packets_at = self._health.packets_at
        if self.state == State.STARTING and self._health.healthy_at() is not None:
            advance = "packets and PTS advance" if self.spec.policy.expect_pts else "packets advance"
            self._run_on(f"passed on without cues: {self.passes}" if self.passes else advance)
        elif self._is_held and packets_at is not None and packets_at > self._stalled_at:
            self._run_on("packets come again")

    def _run_on(self, reason: str) -> None:
        self.input_lost_at = None
        self._enter(State.RUNNING, reason)
        self._healthy_long = self._loop.call_later(self.spec.policy.healthy_reset_s, self._settle)
        assert self.child is not None
        self._watchdog.watch(self._health, self.spec.policy, self.child.started_at, time.monotonic())

    def _settle(self) -> None:
        self._backoff.reset()
        self._starter.prepare(self._command)

    def _stall(self) -> None:
        """Packets or PTS are overdue. A processor that waits for its input or output goes on."""
        assert self.child is not None
        status = self._log.status
        if status.has_silent_input or (self._health.lacks_packets and not status.trouble):
            self._lose_input(self.child.started_at)
        reason = self._health.complaint(status.has_silent_input)
        if not status.has_silent_input:
            reason = TROUBLE_WORDS.get(status.trouble, reason)
        waits = status.waits
        self._enter_stalled(reason)
        self._is_held = waits
        stalled_at = self._stalled_at
        again_s = self.spec.policy.start_timeout_s
        self._source.keep_bouncing(again_s, lambda: self._is_held and self._stalled_at == stalled_at)
        if waits:
            self._watchdog.hold(status, self.spec.policy.stall_timeout_s, self._stalled_at)
        else:
            self._end_stalled()

    def _enter_stalled(self, reason: str) -> None:
        self._stalled_at = time.monotonic()
        self._enter(State.STALLED, reason)

    def _end_blocked(self) -> None:
        if self.state in (State.STARTING, State.RUNNING):
            self._enter_stalled(f"the output has taken nothing for {BLOCKED_S:.0f} s")
            self._end_stalled()
        elif self._is_held:
            self._end_stalled()

    def _end_stalled(self) -> None:
        self._is_held = False
        if self.child is not None:
            self.child.end_soon()

    def _lose_input(self, started_at: float) -> None:
        """Packets come no more; `started_at` (monotonic): of the attempt, which may have had none."""
        if self.input_lost_at is None:
            last_at = self._health.packets_at or started_at
            self.input_lost_at = time.time() - (time.monotonic() - last_at)

    def _end_child(self) -> None:
        if self.child is not None:
            self.child.end_in_turn(self.spec.policy.term_timeout_s)

    def _source_changed(self) -> None:
        self._processes_changed()
        self._finish()

    def _finish(self) -> None:
        """Leave once the end is reached and no process is left."""
        if self.state not in TERMINAL and self.state != State.STOPPING:
            return
        self._source.stop()
        self._starter.end()
        if self.child is not None or self._source.child is not None:
            return
        if self.state == State.STOPPING:
            self._enter(State.STOPPED, self.reason)
        self._processes_changed()
        self._ended(self.reason)

    def _enter(self, state: State, reason: str, retry_at: float | None = None) -> None:
        assert_transition(self.state, state)
        if self._healthy_long is not None:
            self._healthy_long.cancel()
            self._healthy_long = None
        self._watchdog.rest()
        self._is_held = False
        self.retry_at = retry_at
        previous, self.state, self.reason = self.state, state, reason
        times = {"input_lost_at": self.input_lost_at, "retry_at": self.retry_at}
        self._note("state", {"state": state, "previous": previous, "reason": reason, **times})

    def _make_backoff(self, policy: Policy) -> Backoff:
        return Backoff(policy.backoff_base_s, policy.backoff_max_s, self._fraction)
