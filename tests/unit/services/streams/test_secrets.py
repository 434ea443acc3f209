"""Secrets of streams go to the secret store and come back; nothing that is written holds them."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from ibe100.core.secrets import SecretStore
from ibe100.models.stream_config import (
    HlsInput,
    SrtInput,
    SrtOutput,
    StreamConfig,
    SwitchedInput,
    UdpInput,
)
from ibe100.services.streams.stream_secrets import (
    forget_secrets,
    keep_secrets,
    reveal,
    with_secrets,
    without_secrets,
)

TOKEN_URL = "https://user:hunter22@cdn.example/live.m3u8?token=s3cr3t-t0ken"
PASSPHRASE = "correct horse battery"


def _config() -> StreamConfig:
    output = SrtOutput(mode="caller", host="192.0.2.1", port=9000, passphrase=SecretStr(PASSPHRASE))
    return StreamConfig(name="Channel", input=HlsInput(url=TOKEN_URL), output=output)


def test_what_is_written_holds_no_secret_and_stays_a_valid_stream() -> None:
    text = without_secrets(_config()).model_dump_json()
    assert not any(secret in text for secret in ("hunter22", "s3cr3t", PASSPHRASE))
    assert StreamConfig.model_validate_json(text).input == HlsInput(url="https://cdn.example/live.m3u8")


def test_secrets_come_back_from_the_store(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path)
    keep_secrets(store, "channel", _config())
    again = with_secrets(SecretStore.open(tmp_path), "channel", without_secrets(_config()))
    assert again == _config()
    assert not any(b"s3cr3t" in path.read_bytes() for path in tmp_path.iterdir())


def test_a_url_that_was_changed_does_not_get_the_old_secret_back(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path)
    keep_secrets(store, "channel", _config())
    moved = _config().model_copy(update={"input": HlsInput(url="https://other.example/live.m3u8")})
    assert with_secrets(store, "channel", moved).input == moved.input


def test_a_deleted_stream_leaves_no_secret(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path)
    keep_secrets(store, "channel", _config())
    forget_secrets(store, "channel")
    assert store.names() == ()


def test_the_private_socket_carries_them_in_clear() -> None:
    values = reveal(_config())
    assert values["output"]["passphrase"] == PASSPHRASE
    assert values["input"]["url"] == TOKEN_URL


def test_each_of_several_inputs_keeps_its_own_secret(tmp_path: Path) -> None:
    backup = SrtInput(host="192.0.2.7", port=9000, passphrase=SecretStr(PASSPHRASE))
    source = SwitchedInput(inputs=(UdpInput(port=5000), backup, HlsInput(url=TOKEN_URL)))
    config = StreamConfig(name="Channel", input=source)
    store = SecretStore.open(tmp_path)
    keep_secrets(store, "channel", config)
    public = without_secrets(config)
    assert not any(secret in public.model_dump_json() for secret in ("hunter22", "s3cr3t", PASSPHRASE))
    assert with_secrets(SecretStore.open(tmp_path), "channel", public) == config
    assert reveal(config)["input"]["inputs"][1]["passphrase"] == PASSPHRASE
    elsewhere = backup.model_copy(update={"host": "192.0.2.9", "passphrase": None})
    moved = public.model_copy(
        update={"input": source.model_copy(update={"inputs": (elsewhere, *source.inputs[:1])})}
    )
    assert PASSPHRASE not in str(reveal(with_secrets(store, "channel", moved)))
    forget_secrets(store, "channel")
    assert store.names() == ()
