"""Passes lines that a child prints on to the journal and processor.log, at a bounded rate."""

import time
from collections import deque
from collections.abc import Callable, Mapping

from ibe100.runner.processor_log.file import ProcessorLog
from ibe100.runner.processor_log.lines import HARMLESS, RateLimit, Redactor, parse_log_line
from ibe100.runner.telemetry.processor_status import StatusWatch
from ibe100.runner.telemetry.srt_watch import SrtWatch
from ibe100.runner.telemetry.switch_watch import SwitchWatch

Note = Callable[[str, Mapping[str, object]], None]
"""Writes one fact into the journal: its kind and its fields."""

_JOURNAL_LINES_PER_SECOND = 50
_FILE_LINES_PER_SECOND = 500
_TAIL_LINES = 20


class LogIntake:
    """Takes the lines of one role, processor or source. A flood is counted, not decoded, to cost no CPU."""

    def __init__(
        self,
        role: str,
        note: Note,
        file: ProcessorLog,
        srt: SrtWatch | None = None,
        tell_output: Callable[[str], None] = lambda _trouble: None,
        tell_error: Callable[[], None] = lambda: None,
        switch: SwitchWatch | None = None,
    ) -> None:
        self._role = role
        self._note = note
        self._file = file
        self._srt = srt
        self._switch = switch
        self._tell_error = tell_error
        self.status = StatusWatch(tell_output)
        self._redact = Redactor(())
        self._tail: deque[bytes] = deque(maxlen=_TAIL_LINES)
        self._for_journal = RateLimit(_JOURNAL_LINES_PER_SECOND, self._note_dropped)
        self._for_file = RateLimit(_FILE_LINES_PER_SECOND, self._file_dropped)
        self._last_error: bytes | None = None

    def begin(self, redact: Redactor) -> None:
        """Begin an attempt, in whose lines these secrets are masked."""
        self._redact = redact
        self._tail.clear()
        self._last_error = None
        self.status.begin()

    def line(self, raw: bytes) -> None:
        """Take one line; a status and SRT statistics are no log, and go to `status` and `srt`."""
        if self.status.takes(raw):
            return
        if self._srt is not None and self._srt.takes(raw):
            return
        if self._switch is not None and self._switch.takes(raw):
            return
        mono = time.monotonic()
        self._tail.append(raw)
        is_error = raw.startswith(b"*") and b"Error: " in raw and HARMLESS not in raw
        if is_error:
            self._last_error = raw
        self._pass_on(raw, mono)
        if is_error:
            self._tell_error()

    def _pass_on(self, raw: bytes, mono: float) -> None:
        to_journal = self._for_journal.admits(mono)
        if not self._for_file.admits(mono):
            return
        text = self._redact(raw)
        self._file.write(self._role, text)
        if to_journal and text:
            parsed = parse_log_line(text)
            plugin = parsed.plugin or ("" if self._role == "processor" else self._role)
            self._note("log", {"level": parsed.level, "text": parsed.text, "plugin": plugin})

    def end(self) -> list[str]:
        """End the attempt: report the lines dropped; returns its last lines."""
        self._for_journal.report_dropped()
        self._for_file.report_dropped()
        return [self._redact(raw) for raw in self._tail]

    def end_switch(self) -> None:
        """Forget the input switch, which has ended."""
        if self._switch is not None:
            self._switch.end()

    def last_error(self) -> str | None:
        """The text of the attempt's last error line, with its plugin."""
        if self._last_error is None:
            return None
        parsed = parse_log_line(self._redact(self._last_error))
        if parsed.level != "error":
            return None
        return f"{parsed.plugin}: {parsed.text}" if parsed.plugin else parsed.text

    def _note_dropped(self, count: int) -> None:
        text = (
            f"{count} log lines of the {self._role} dropped (more than {_JOURNAL_LINES_PER_SECOND} a second)"
        )
        self._note("log", {"level": "warning", "text": text, "plugin": "runner"})

    def _file_dropped(self, count: int) -> None:
        self._file.write("runner", f"{count} lines of the {self._role} dropped")
