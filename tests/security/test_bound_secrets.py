"""A passphrase goes to the place it was given for, and to no other, whoever moves the stream there."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from api_rig import served, words
from ibe100.core.secrets import SecretStore
from ibe100.models.errors import ConfigurationError, StreamError
from ibe100.models.stream_config import SrtInput, SrtMode, SrtOutput, StreamConfig, TestPatternInput
from ibe100.models.users import Role
from ibe100.services.streams.stream_secrets import bind_secrets, keep_secrets, why_not_sent, with_secrets
from ibe100.tsduck.edges import secrets_of
from ibe100.ui.streams.editor.field_spec import FieldSpec
from ibe100.ui.streams.editor.form import config_from
from services_rig import console

PASSPHRASE = "correct horse battery"
REASON = r"given for caller 192\.0\.2\.1:9000 and is not sent to .*: give it again, or an empty one for none"


def to(host: str, port: int = 9000, passphrase: str | None = None) -> StreamConfig:
    secret = None if passphrase is None else SecretStr(passphrase)
    output = SrtOutput(mode=SrtMode.CALLER, host=host, port=port, passphrase=secret)
    return StreamConfig(name="Out", input=TestPatternInput(), output=output)


def sent(config: StreamConfig) -> bool:
    return any(PASSPHRASE in line for line in secrets_of(config).values())


@pytest.mark.parametrize("moved", [to("192.0.2.2"), to("192.0.2.1", 9001), to("evil.example")])
async def test_a_stream_that_is_moved_is_asked_for_its_passphrase_anew(
    tmp_path: Path, moved: StreamConfig
) -> None:
    async with console(tmp_path / "data") as application:
        streams = application.streams
        stream_id = (await streams.add(to("192.0.2.1", passphrase=PASSPHRASE))).stream_id
        same = await streams.change(stream_id, to("192.0.2.1"))
        assert sent(same.config), "left out, it stays"
        with pytest.raises(ConfigurationError, match=REASON):
            await streams.change(stream_id, moved)
        assert streams.run_of(stream_id).entry.config.output == same.config.output
        none = moved.output.model_copy(update={"passphrase": SecretStr("")})
        assert not sent((await streams.change(stream_id, moved.model_copy(update={"output": none}))).config)
        assert not sent((await streams.change(stream_id, to("192.0.2.1"))).config), "it was given up"


async def test_the_api_does_not_move_it_either(tmp_path: Path) -> None:
    async with served(tmp_path / "data") as api:
        client = await api.client(Role.ENGINEER)
        body = to("192.0.2.1").model_dump(mode="json")
        body["output"]["passphrase"] = PASSPHRASE
        number = (await client.post("/api/v1/streams", json=body)).json()["number"]
        del body["output"]["passphrase"]
        body["output"]["host"] = "192.0.2.66"
        assert "is not sent to" in words(await client.put(f"/api/v1/streams/{number}", json=body), 422)
        body["output"]["passphrase"] = ""
        assert (await client.put(f"/api/v1/streams/{number}", json=body)).status_code == 200


async def test_a_profile_that_moves_it_is_loaded_and_not_started(tmp_path: Path) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = (await application.streams.add(to("192.0.2.1", passphrase=PASSPHRASE))).stream_id
        await application.profiles.save("day")
        file = application.folders.profiles_dir / "day.json"
        file.write_text(file.read_text().replace("192.0.2.1", "192.0.2.9"))
        await application.profiles.load("day")
        assert not sent(application.streams.run_of(stream_id).entry.config)
        with pytest.raises(StreamError, match=REASON):
            await application.streams.start(stream_id)


def test_what_an_earlier_version_kept_is_tied_to_where_it_is_used(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path)
    store.set("out/output.passphrase", PASSPHRASE)
    assert sent(with_secrets(store, "out", to("192.0.2.1")))
    bind_secrets(store, "out", to("192.0.2.1"))
    assert sent(with_secrets(store, "out", to("192.0.2.1")))
    assert not sent(with_secrets(store, "out", to("192.0.2.2")))
    listening = StreamConfig(name="In", output=SrtOutput(mode=SrtMode.LISTENER, host="192.0.2.1", port=9000))
    assert not sent(with_secrets(store, "out", listening))
    assert why_not_sent(store, "out", listening)
    keep_secrets(store, "out", to("192.0.2.2", passphrase=PASSPHRASE))
    assert sent(with_secrets(store, "out", to("192.0.2.2")))


def test_the_editor_gives_it_to_no_other_host() -> None:
    source = SrtInput(mode=SrtMode.CALLER, host="a", port=1000, passphrase=SecretStr(PASSPHRASE))
    original = StreamConfig(name="In", input=source)
    kinds = FieldSpec("input.kind", ""), FieldSpec("output.kind", ""), FieldSpec("return_feed.kind", "")
    host, secret = FieldSpec("input.host", ""), FieldSpec("input.passphrase", "")
    texts = {kinds[0]: "srt", kinds[1]: "none", kinds[2]: "", host: "a", secret: ""}
    assert sent(config_from(texts, original, None))
    assert not sent(config_from({**texts, host: "b"}, original, None))
    again = {**texts, host: "b", secret: PASSPHRASE}
    assert sent(config_from(again, original, None))
