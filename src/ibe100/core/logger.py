"""Structured logs: JSON lines in app.log, errors.log and audit.log, warnings in words on stderr."""

from __future__ import annotations

import json
import logging
import queue
import sys
from logging.handlers import QueueListener
from pathlib import Path
from typing import cast

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from ibe100.core.config import LoggingSettings
from ibe100.core.log_files import QUEUE_SIZE, STOP_TIMEOUT_S, ArchivedLogFile, LogQueue
from ibe100.core.records.audit_lines import AUDIT_LOG
from ibe100.core.redaction import redact
from ibe100.services.audit_trail import AUDIT_LOGGER
from ibe100.utils.printable import printable

LONGEST_TEXT = 16_000
"""A message or traceback is cut in its middle: one that tells what a stranger sent may be megabytes."""


class Logging:
    """Writes all log records of the process to files in one folder, from `start` to `stop`.

    Who logs neither waits for the disk nor sees its errors: a bounded queue and a thread are between.
    """

    def __init__(self, settings: LoggingSettings, log_dir: Path, to_stderr: bool = True) -> None:
        self._settings = settings
        lines: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUE_SIZE)
        self._queue = LogQueue(lines)
        self._queue.setFormatter(_formatter())
        self._files = tuple(self._file(log_dir, name) for name in ("app.log", "errors.log", AUDIT_LOG))
        _, errors, audit = self._files
        errors.setLevel(logging.ERROR)
        audit.addFilter(lambda record: record.name == AUDIT_LOGGER)
        handlers: list[logging.Handler] = [*self._files]
        if to_stderr:
            handlers.append(_stderr_handler())
        self._listener = _Listener(lines, handlers, self._queue)

    def start(self) -> None:
        root = logging.getLogger()
        root.addHandler(self._queue)
        logging.getLogger("ibe100").setLevel(self._settings.level.upper())
        logging.getLogger(AUDIT_LOGGER).setLevel(logging.INFO)
        logging.captureWarnings(True)
        self._listener.start()

    def apply(self, settings: LoggingSettings) -> None:
        """Level and rotation hold from the next line on."""
        self._settings = settings
        logging.getLogger("ibe100").setLevel(settings.level.upper())
        for file in self._files:
            file.maxBytes, file.backupCount = settings.max_bytes, settings.backups
            file.archive_days = self._archive_days(Path(file.baseFilename).name)

    def stop(self) -> None:
        """Write what is queued, close the files."""
        logging.captureWarnings(False)
        logging.getLogger().removeHandler(self._queue)
        for name in ("ibe100", AUDIT_LOGGER):
            logging.getLogger(name).setLevel(logging.NOTSET)
        self._listener.stop()
        self._queue.close()
        for file in self._files:
            file.close()

    def problem(self) -> str:
        """Reason why log lines are being lost at present; empty when they are not.

        Tries again what failed, as a quiet log may have no line of its own for hours; blocks on the disk.
        """
        for file in self._files:
            if file.problem:
                text = f"lines were lost here: {file.problem}"
                notice = logging.LogRecord(__name__, logging.ERROR, __file__, 0, text, None, None)
                file.handle(self._queue.prepare(notice))
        return next((file.problem for file in self._files if file.problem), "")

    def _file(self, log_dir: Path, name: str) -> ArchivedLogFile:
        sizes = self._settings.max_bytes, self._settings.backups
        return ArchivedLogFile(log_dir / name, *sizes, self._archive_days(name))

    def _archive_days(self, name: str) -> int | None:
        """Days that an archived file of this log is kept; of audit.log nothing is ever dropped."""
        return None if name == AUDIT_LOG else self._settings.archive_days


class _Listener(QueueListener):
    """Says in the log itself how many lines a full queue has cost."""

    def __init__(
        self,
        lines: queue.Queue[logging.LogRecord | None],
        handlers: list[logging.Handler],
        source: LogQueue,
    ) -> None:
        super().__init__(lines, *handlers, respect_handler_level=True)
        self._lines = lines
        self._source = source

    def handle(self, record: logging.LogRecord) -> None:
        super().handle(record)
        dropped = self._source.take_dropped()
        if dropped:
            text = f"{dropped} log lines were dropped: more came than the disk could take"
            notice = logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, None, None)
            super().handle(self._source.prepare(notice))

    def enqueue_sentinel(self) -> None:
        self._lines.put(None, timeout=STOP_TIMEOUT_S)


def _formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _add_exception,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _to_json,
        ],
    )


def _add_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    record = cast(logging.LogRecord, event["_record"])
    if record.exc_info and "exc_info" not in event:
        event["exc_info"] = record.exc_info
    return structlog.processors.format_exc_info(logger, method, event)


def _to_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    event.pop("message", None)  # put there by the formatter of another handler
    leading = {key: event.pop(key) for key in ("timestamp", "level", "logger", "event") if key in event}
    line = redact({key: _shortened(value) for key, value in {**leading, **event}.items()})
    try:
        text = orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # orjson refuses integers beyond 64 bits and lone surrogates; the line counts more than its speed.
        return json.dumps(line, default=str, skipkeys=True)
    # A terminal or a viewer must not do what the sender of a stream has put into a name.
    return printable(text)


def _shortened(value: object) -> object:
    """Cut the middle out, up to an end of line: a half line may hold half a secret, which nothing masks."""
    if not isinstance(value, str) or len(value) <= LONGEST_TEXT:
        return value
    half = LONGEST_TEXT // 2
    head, tail = value[:half], value[-half:].partition("\n")[2]
    return f"{head}\n… {len(value) - len(head) - len(tail)} characters …\n{tail}"


class _Words(logging.Formatter):
    """`warning: text (key=value)` for a person; the traceback is in errors.log."""

    def format(self, record: logging.LogRecord) -> str:
        line = json.loads(record.getMessage())
        details = {
            key: value
            for key, value in line.items()
            if key not in ("timestamp", "level", "logger", "event", "exception")
        }
        suffix = f" ({', '.join(f'{key}={value}' for key, value in details.items())})" if details else ""
        return printable(f"{line['level']}: {line['event']}{suffix}")


def _stderr_handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_Words())
    return handler
