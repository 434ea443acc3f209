"""The source beside the processor (a test pattern's ffmpeg, the receiver of SRT callers).

It is started with the processor, or before it, and restarted on its own.
"""

import signal
import time
from collections.abc import Callable, Mapping

from ibe100.runner.loop import Loop, Timer
from ibe100.runner.processor_log.intake import LogIntake, Note
from ibe100.runner.processor_log.lines import Redactor
from ibe100.runner.spec import Command, Policy
from ibe100.runner.supervision.backoff import Backoff
from ibe100.runner.supervision.process import Child
from ibe100.runner.telemetry.srt_watch import SrtWatch

_HEARD_S = 3.0  # statistics come every second
SWITCH_MODULE = "ibe100.minitsp.switch"
"""Word of the argv of a source that is an input switch, and takes commands on its standard input."""


class Source:
    """Keeps one feeder process alive while it is wanted."""

    def __init__(
        self,
        loop: Loop,
        note: Note,
        log: LogIntake,
        srt: SrtWatch,
        backoff: Callable[[Policy], Backoff],
        changed: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._note = note
        self._log = log
        self._srt = srt
        self._make_backoff = backoff
        self._changed = changed
        self._wanted: tuple[Command, Mapping[str, str], Policy] | None = None
        self._backoff: Backoff | None = None
        self._retry: Timer | None = None
        self._bouncing = False
        self.child: Child | None = None

    def run(self, command: Command, secrets: Mapping[str, str], policy: Policy) -> None:
        """Make it run now, unless it does or waits for its turn. OSError: it cannot be executed."""
        if self._wanted is not None and (self.child is not None or self._retry is not None):
            self._wanted = (command, secrets, policy)
            return
        self._wanted = (command, secrets, policy)
        self._backoff = self._make_backoff(policy)
        if self.child is None:
            self._start(command, secrets)

    def bounce(self) -> None:
        """End it so that it starts afresh at once: it may hang, or its command has changed."""
        if self.child is not None and self._wanted is not None:
            self._bouncing = True
            self._end(self.child, self._wanted[2])

    def keep_bouncing(self, again_s: float, is_wanted: Callable[[], bool]) -> None:
        """Bounce it, unless somebody is connected, now and every `again_s` for as long as that is wanted."""
        if not self.is_connected():
            self.bounce()

        def again() -> None:
            if is_wanted():
                self.keep_bouncing(again_s, is_wanted)

        self._loop.call_later(again_s, again)

    def retry(self) -> None:
        """Start it now if it waits for its turn."""
        if self._retry is not None:
            self._retry.cancel()
            self._try_again()

    def is_connected(self) -> bool:
        """True if its statistics have just shown that it holds a peer's connection: then it does not hang."""
        return self.child is not None and time.monotonic() - self._srt.heard_at < _HEARD_S

    def switch(self, command: Mapping[str, object]) -> bool:
        """Have the input switch go to an input; False where the source is none, or cannot be told."""
        return self.child is not None and self.child.is_guided and self.child.tell(command)

    def stop(self) -> None:
        """End it for good; `child` is None when it has ended."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        wanted, self._wanted = self._wanted, None
        if self.child is not None and wanted is not None:
            self._end(self.child, wanted[2])

    def poll(self) -> None:
        """Look whether it has ended; to be called when some child may have."""
        if self.child is None:
            return
        ended = self.child.poll()
        if ended is None:
            return
        pid, self.child = self.child.pid, None
        self._srt.end()
        self._log.end_switch()
        outcome = f"{ended.words()} while it should run"
        if self._wanted is None or self._bouncing:
            outcome = f"ended by the runner ({ended.words()})"
        self._note("source_ended", ended.facts(pid, outcome, self._log.end()))
        if self._wanted is not None and self._backoff is not None:
            if ended.seconds >= self._wanted[2].healthy_reset_s or self._bouncing:
                self._backoff.reset()
            self._bouncing = False
            self._retry_later(self._backoff)
        self._changed()

    def _retry_later(self, backoff: Backoff) -> None:
        delay_s = backoff.next_delay_s()
        if delay_s == 0:
            self._try_again()
        else:
            self._retry = self._loop.call_later(delay_s, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        if self._wanted is None or self._backoff is None:
            return
        command, secrets, _ = self._wanted
        try:
            self._start(command, secrets)
        except OSError as error:
            text = f"{command.argv[0]} cannot be executed: {error.strerror}"
            self._note("log", {"level": "error", "text": text, "plugin": "source"})
            self._retry_later(self._backoff)

    def _start(self, command: Command, secrets: Mapping[str, str]) -> None:
        self._log.begin(Redactor(secrets.values()))
        self._srt.begin(command.argv)
        is_switch = SWITCH_MODULE in command.argv
        self.child = Child(self._loop, command, secrets, self._log.line, guided=is_switch)
        self._note("source_started", {"pid": self.child.pid, "argv": list(command.argv)})
        self._changed()

    def _end(self, child: Child, policy: Policy) -> None:
        child.end((signal.SIGTERM, policy.term_timeout_s), (signal.SIGKILL, 0.0))
