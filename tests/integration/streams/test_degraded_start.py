"""A console that cannot read its secrets or write its logs runs all streams that need neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import StreamError
from ibe100.models.stream_config import NoOutput, SrtInput, SrtMode, StreamConfig, TestPatternInput
from ibe100.models.stream_state import StreamState
from services_rig import console, on_air, until_alarm, view_of


async def test_a_bad_key_and_a_log_folder_that_is_a_file_keep_no_stream_off_the_air(tmp_path: Path) -> None:
    (tmp_path / "secrets.key").write_bytes(b"half a ke")
    (tmp_path / "logs").write_text("in the way")
    async with console(tmp_path) as application:
        pattern = TestPatternInput(width=160, height=90, bitrate_bps=1_000_000)
        stream_id = await on_air(application, StreamConfig(name="Pattern", input=pattern, output=NoOutput()))
        assert view_of(application, stream_id).state is StreamState.RUNNING
        srt = SrtInput(mode=SrtMode.CALLER, host="127.0.0.1", port=9)
        other = await application.streams.add(StreamConfig(name="SRT", input=srt, output=NoOutput()))
        with pytest.raises(StreamError, match="may need a secret, and the secrets are locked"):
            await application.streams.start(other.stream_id)
        await until_alarm(application, "logs_not_written", AlarmState.UNACKNOWLEDGED)
