from __future__ import annotations

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.core.config import LoggingSettings
from ibe100.core.log_files import QUEUE_SIZE, LogFile
from ibe100.core.logger import Logging
from ibe100.core.records.audit_lines import audit_lines
from ibe100.core.redaction import redact_text
from ibe100.services.audit_trail import AUDIT_LOGGER

PASSPHRASE = "correct-horse-battery"


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    return tmp_path


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Running:
    """Logging for the length of a with block; files are complete behind it."""

    def __init__(self, log_dir: Path, *, to_stderr: bool = False, **settings: object) -> None:
        self.logging = Logging(LoggingSettings.model_validate(settings), log_dir, to_stderr=to_stderr)

    def __enter__(self) -> Logging:
        self.logging.start()
        return self.logging

    def __exit__(self, *_: object) -> None:
        self.logging.stop()


def test_lines_are_json_with_utc_time_and_go_to_their_files(log_dir: Path) -> None:
    with Running(log_dir):
        logging.getLogger("ibe100.services").info("stream started", extra={"stream_id": "one", "pts": 2**33})
        logging.getLogger("ibe100.database").error("write %s failed", 7)
        logging.getLogger(AUDIT_LOGGER).info("fired", extra={"who": "anna"})
        logging.getLogger("ibe100.services").debug("not at this level")
    app = lines(log_dir / "app.log")
    assert [line["event"] for line in app] == ["stream started", "write 7 failed", "fired"]
    assert app[0] | {"timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "logger": "ibe100.services",
        "event": "stream started",
        "stream_id": "one",
        "pts": 2**33,
    }
    assert str(app[0]["timestamp"]).endswith("Z")
    assert lines(log_dir / "errors.log") == [app[1]]
    assert lines(log_dir / "audit.log") == [app[2]]


def test_audit_is_written_whatever_the_level(log_dir: Path) -> None:
    with Running(log_dir, level="error"):
        logging.getLogger(AUDIT_LOGGER).info("fired")
        logging.getLogger("ibe100.services").warning("below the level")
    assert [line["event"] for line in lines(log_dir / "audit.log")] == ["fired"]
    assert [line["event"] for line in lines(log_dir / "app.log")] == ["fired"]


def test_an_exception_is_logged_with_its_traceback(log_dir: Path) -> None:
    with Running(log_dir):
        for log in (logging.getLogger("ibe100.a"), logging.getLogger("ibe100.b")):
            try:
                raise ZeroDivisionError("the reason")
            except ZeroDivisionError:
                log.exception("a bug")
    errors = lines(log_dir / "errors.log")
    assert len(errors) == 2
    assert all("ZeroDivisionError: the reason" in str(line["exception"]) for line in errors)


def test_secrets_do_not_reach_any_file(log_dir: Path) -> None:
    with Running(log_dir, level="debug"):
        log = logging.getLogger("ibe100.x")
        config = {"srt": [{"Passphrase": PASSPHRASE}], "port": 5}
        log.error("a", extra={"passphrase": PASSPHRASE, "config": config})
        log.error("b %s", f"srt://user:{PASSPHRASE}@host:9000?passphrase={PASSPHRASE}&latency=20")
        log.error(f"c --token={PASSPHRASE} Authorization: Bearer {PASSPHRASE}")
        logging.getLogger("ibe100.y").error("d %s", {"secret": PASSPHRASE}, extra={"api_token": PASSPHRASE})
        try:
            raise ValueError(f"bad passphrase={PASSPHRASE}")
        except ValueError:
            log.exception("e")
    text = "".join(path.read_text() for path in log_dir.iterdir())
    assert PASSPHRASE not in text
    assert len(lines(log_dir / "app.log")) == 5
    assert lines(log_dir / "app.log")[0]["config"] == {"srt": [{"Passphrase": "***"}], "port": 5}
    assert "host:9000?passphrase=***&latency=20" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("srt://user:p@ss@host:9000?latency=20", "srt://***@host:9000?latency=20"),
        ("http://host/a?mail=a@b", "http://host/a?mail=a@b"),
        ("--passphrase=abc,def --latency=20", "--passphrase=*** --latency=20"),
        ('{"token": "a b", "port": 5}', '{"token": ***, "port": 5}'),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("srt://h:9?passphrase=ab cd&mode=caller", "srt://h:9?passphrase=***&mode=caller"),
        ("--passphrase=correct horse battery --latency=2", "--passphrase=*** --latency=2"),
        ("tgram://123456:ABC-def/789", "tgram://***"),
        ("sent to slack://T123/B456/xyz at 5", "sent to slack://*** at 5"),
        ("https://cdn/a.m3u8?sig=a/b%2Bc&mode=x#at=3", "https://cdn/a.m3u8?sig=***&mode=x#***"),
        ("https://user:pass/word@cdn/a", "https://***@cdn/a"),
        ("https://api.telegram.org/bot123:abcdefgh-i/send", "https://api.telegram.org/bot***/send"),
        ("Authorization=Basic eHg6eHg=", "Authorization=***"),
        ("udp://239.1.1.1:1234 and http://[::1]:80/x", "udp://239.1.1.1:1234 and http://[::1]:80/x"),
    ],
)
def test_redaction_masks_the_secret_and_nothing_else(text: str, shown: str) -> None:
    assert redact_text(text) == shown


@pytest.mark.parametrize("piece", ["a", "://", 'password="', "a://", "x_", "https://a:"])
def test_redaction_of_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    """A pattern that is quadratic takes minutes for these."""
    redact_text((piece * 200_000)[:200_000])


@pytest.mark.parametrize(
    "hostile", ["\x1b[2J", "\x9b31m", "a\nb", "\u202egnp", "\u2066x", "\x07", "\u2028", "\r"]
)
def test_nothing_in_a_log_acts_on_a_terminal(
    log_dir: Path, capsys: pytest.CaptureFixture[str], hostile: str
) -> None:
    with Running(log_dir, to_stderr=True):
        logging.getLogger("ibe100.x").error("name %s", hostile, extra={"service": hostile})
    shown = [*(path.read_text() for path in log_dir.iterdir()), capsys.readouterr().err]
    for text in shown:
        assert all(line.isprintable() for line in text.split("\n")), text
    assert lines(log_dir / "app.log")[0]["service"] == hostile, "a program reads what it was"


@pytest.mark.parametrize("backups", [1, 2])
def test_no_audit_line_is_ever_rotated_away(log_dir: Path, backups: int) -> None:
    with Running(log_dir, max_bytes=10_000, backups=backups):
        for number in range(400):
            logging.getLogger(AUDIT_LOGGER).info("act %d", number, extra={"who": "w", "pad": "x" * 200})
    kept = [values["event"] for _, values in audit_lines(log_dir)]
    assert sorted(kept) == sorted(f"act {number}" for number in range(400))
    assert list(log_dir.glob("audit.log.*.gz"))
    assert not list(log_dir.glob(".*.part"))


@given(st.text(max_size=200))
def test_redaction_takes_any_text_and_is_stable(text: str) -> None:
    once = redact_text(text)
    assert redact_text(once) == once


def test_values_json_does_not_know_are_still_logged(log_dir: Path) -> None:
    with Running(log_dir):
        logging.getLogger("ibe100.x").info(
            "odd", extra={"huge": 2**80, "path": Path("/x"), "keys": {1: 2}, "lone": "\ud800"}
        )
    (line,) = lines(log_dir / "app.log")
    assert (line["huge"], line["path"], line["keys"]) == (2**80, "/x", {"1": 2})


def test_files_are_rotated_and_bounded(log_dir: Path) -> None:
    with Running(log_dir, max_bytes=10_000, backups=2):
        for number in range(400):
            logging.getLogger("ibe100.x").info(
                "a line of some length to fill the file", extra={"number": number}
            )
    names = sorted(path.name for path in log_dir.glob("app.log*") if path.suffix != ".gz")
    assert names == ["app.log", "app.log.1", "app.log.2"]
    assert all(path.stat().st_size <= 10_000 for path in log_dir.glob("app.log*"))
    assert lines(log_dir / "app.log")[-1]["number"] == 399
    assert lines(log_dir / "app.log.1")[-1]["number"] == int(str(lines(log_dir / "app.log")[0]["number"])) - 1


def test_a_new_day_begins_a_new_file_and_what_is_too_old_goes_but_for_the_audit(log_dir: Path) -> None:
    """Packed files are kept so many days; those of audit.log for ever."""
    log_dir.mkdir(exist_ok=True)
    for name, text in (("app.log", "yesterday\n"), ("app.log.1", "the day before\n")):
        (log_dir / name).write_text(text)
    yesterday = time.time() - 86_400
    os.utime(log_dir / "app.log", (yesterday, yesterday))
    for name in ("app.log.20250101T000000Z-000.gz", "audit.log.20250101T000000Z-000.gz"):
        (log_dir / name).write_bytes(b"")
        os.utime(log_dir / name, (0, 0))
    with Running(log_dir, backups=1):
        logging.getLogger("ibe100.x").info("today")
    assert (log_dir / "app.log.1").read_text() == "yesterday\n"
    (packed,) = log_dir.glob("app.log.*.gz")
    assert gzip.decompress(packed.read_bytes()) == b"the day before\n"
    assert len(lines(log_dir / "app.log")) == 1
    assert (log_dir / "audit.log.20250101T000000Z-000.gz").exists()


def test_a_full_disk_does_not_reach_the_caller_and_is_told_once(
    log_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = LogFile(Path("/dev/full"), 10_000, 1)
    record = logging.LogRecord("x", logging.INFO, "", 0, "lost", None, None)
    for _ in range(3):
        file.handle(record)
    assert "No space left on device" in file.problem
    assert capfd.readouterr().err.count("cannot be written") == 1
    file.close()


def test_a_folder_that_vanished_is_a_problem_until_it_is_back(log_dir: Path) -> None:
    folder = log_dir / "later"
    file = LogFile(folder / "app.log", 10_000, 1)
    record = logging.LogRecord("x", logging.INFO, "", 0, "text", None, None)
    file.handle(record)
    assert "No such file" in file.problem
    folder.mkdir()
    file.handle(record)
    assert file.problem == ""
    assert (folder / "app.log").read_text() == "text\n"
    file.close()


def test_a_quiet_log_shows_by_itself_that_it_can_be_written_again(log_dir: Path) -> None:
    blocked = log_dir / "errors.log"
    blocked.mkdir()
    with Running(log_dir) as running:
        logging.getLogger("ibe100.database").error("write failed")
        while not running.problem():
            time.sleep(0.01)
        assert "errors.log cannot be written" in running.problem()
        blocked.rmdir()
        assert running.problem() == ""
    assert [str(line["event"]).partition(":")[0] for line in lines(blocked)] == ["lines were lost here"]


def test_a_stuck_disk_does_not_block_who_logs_and_the_loss_is_counted(log_dir: Path) -> None:
    released = threading.Event()

    class Stuck(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            released.wait(60)

    with Running(log_dir, max_bytes=100_000_000) as running:
        running._listener.handlers = (Stuck(), *running._listener.handlers)
        log = logging.getLogger("ibe100.x")
        for _ in range(QUEUE_SIZE + 500):
            log.info("flood")
        released.set()
    written = lines(log_dir / "app.log")
    lost = [str(line["event"]) for line in written if "were dropped" in str(line["event"])]
    assert len(lost) == 1
    flood = sum(line["event"] == "flood" for line in written)
    assert flood + int(lost[0].split()[0]) == QUEUE_SIZE + 500


def test_warnings_are_words_on_stderr_and_nothing_is_printed_on_stdout(log_dir: Path) -> None:
    program = f"""
import logging
from pathlib import Path
from ibe100.core.config import LoggingSettings
from ibe100.core.logger import Logging
logs = Logging(LoggingSettings(), Path({str(log_dir)!r}))
logs.start()
logging.getLogger("ibe100.x").info("quiet")
logging.getLogger("ibe100.x").warning("the disk is slow", extra={{"stream_id": "one"}})
logs.stop()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.splitlines() == ["warning: the disk is slow (stream_id=one)"]


def test_a_traceback_of_megabytes_is_cut_in_its_middle_at_the_end_of_a_line(log_dir: Path) -> None:
    with Running(log_dir):
        logging.getLogger("ibe100").error("%s", "x" * 1_000_000)
        try:
            raise ValueError("\n".join(["first", *("y" * 50 for _ in range(50_000)), f"token={PASSPHRASE}"]))
        except ValueError:
            logging.getLogger("ibe100").exception("a bug")
    text = (log_dir / "errors.log").read_text()
    assert len(text) < 60_000
    told = lines(log_dir / "errors.log")
    assert str(told[1]["exception"]).startswith("Traceback")
    assert "ValueError: first" in str(told[1]["exception"])
    assert " characters …" in str(told[1]["exception"])
    assert PASSPHRASE not in text
