"""What was found in an input is kept: commands are shown by it, and nothing is opened for that."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from ibe100.models.errors import StreamError
from ibe100.models.stream_config import (
    Engine,
    ExistingCues,
    FileInput,
    HlsInput,
    SrtInput,
    SrtMode,
    StreamConfig,
    StreamInput,
    UdpInput,
)
from ibe100.services.streams.inputs.known_inputs import (
    MOST,
    KnownInputs,
    is_same_input,
    read_report,
    write_report,
)
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.tsduck.probe import probe_input
from ibe100.tsduck.processor import BUILTIN


@pytest.mark.parametrize("source", [UdpInput(port=5000), HlsInput(url="http://203.0.113.1/live.m3u8")])
async def test_a_command_is_shown_without_a_look_at_the_network(
    media: Path, monkeypatch: pytest.MonkeyPatch, source: StreamInput
) -> None:
    report = await probe_input(FileInput(path=media / "ott_with_scte35.ts"), BUILTIN)
    planner = LaunchPlanner(Engine.BUILTIN, None)
    config = StreamConfig(name="Live", input=source, scte35={"existing": ExistingCues.REPLACE})

    async def looked(*_: object) -> None:
        raise AssertionError("the input was opened")

    monkeypatch.setattr("ibe100.services.streams.launch_plan.probe_input", looked)
    with pytest.raises(StreamError, match="probe the input first"):
        await planner.preview_command(config, None)
    assert "spliceinject" in await planner.preview_command(config, report)
    planner.known.note(source, report)
    assert "spliceinject" in await planner.preview_command(config, None)


async def test_what_a_plan_was_made_of_comes_back_as_it_was(media: Path, tmp_path: Path) -> None:
    """Descriptors are bytes of any value."""
    assert read_report(tmp_path) is None
    for name in ("dvb_hd_service.ts", "ott_with_scte35.ts"):
        report = await probe_input(FileInput(path=media / name), BUILTIN)
        write_report(tmp_path, report)
        assert read_report(tmp_path) == report
    (tmp_path / "input.json").write_bytes((tmp_path / "input.json").read_bytes()[:500])
    assert read_report(tmp_path) is None


async def test_an_input_is_known_without_its_secret_and_the_oldest_is_forgotten(media: Path) -> None:
    report = await probe_input(FileInput(path=media / "sat_no_sdt.ts"), BUILTIN)
    known = KnownInputs()
    srt = SrtInput(mode=SrtMode.CALLER, host="203.0.113.1", port=9000, passphrase=SecretStr("open sesame!"))
    known.note(srt, report)
    assert known.report_on(srt.model_copy(update={"passphrase": None})) is report
    for port in range(5000, 5000 + MOST):
        known.note(UdpInput(port=port), report)
    assert known.report_on(srt) is None
    assert known.report_on(UdpInput(port=5000)) is report


def test_a_port_is_received_by_one_whatever_else_is_set() -> None:
    assert is_same_input(UdpInput(port=5000), UdpInput(port=5000, receive_timeout_ms=900))
    assert not is_same_input(UdpInput(port=5000), UdpInput(port=5000, host="239.1.1.1"))
    assert not is_same_input(UdpInput(port=5000), HlsInput(url="http://203.0.113.1/a.m3u8"))
