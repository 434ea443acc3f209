"""The log loses lines rather than hold the stream up, and says how many."""

import re
import threading

import pytest

from ibe100.minitsp import log_output
from ibe100.minitsp.chain.plugin import LogLevel
from ibe100.minitsp.log_output import LogOutput


def test_lines_that_nobody_reads_in_time_are_counted_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, waiting, printed = threading.Event(), threading.Event(), bytearray()

    def write(data: bytes) -> None:
        waiting.set()
        assert reader.wait(30)
        printed.extend(data)

    monkeypatch.setattr(log_output, "_write_fully", write)
    log = LogOutput(LogLevel.INFO, timed=False)
    log.write(LogLevel.INFO, "x", "0")
    assert waiting.wait(30)
    for number in range(1, 30_000):
        log.write(LogLevel.INFO, "x", str(number))
    log.write(LogLevel.VERBOSE, "x", "not wanted")
    reader.set()
    log.close()
    lines = printed.decode().splitlines()
    losses = [line for line in lines if "lost" in line]
    lost = [int(re.sub(r"\D", "", line)) for line in losses]
    assert sum(lost) + len(lines) - len(losses) == 30_000
    assert losses[0] == f"* Warning: tsp: {lost[0]:,} log lines lost, nobody read in time"
    assert lines[0] == "* x: 0"


def test_a_synchronous_log_waits_for_its_reader_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, printed = threading.Event(), bytearray()

    def write(data: bytes) -> None:
        assert reader.wait(30)
        printed.extend(data)

    monkeypatch.setattr(log_output, "_write_fully", write)
    log = LogOutput(LogLevel.INFO, timed=False, waits=True)
    writer = threading.Thread(
        target=lambda: [log.write(LogLevel.INFO, "x", str(number)) for number in range(20_000)]
    )
    writer.start()
    reader.set()
    writer.join(30)
    log.close()
    assert printed.decode().splitlines() == [f"* x: {number}" for number in range(20_000)]
