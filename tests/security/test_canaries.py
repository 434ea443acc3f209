"""Secrets are looked for in all that is written and told: none may be there."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from ibe100.models.alarms.notification import NotificationTarget
from ibe100.models.base import build
from ibe100.models.errors import OperatorError
from ibe100.models.stream_config import StreamConfig
from ibe100.models.users import Role
from services_rig import console, processes_of, processor_pid

PASSPHRASE = "canary with blanks 1"
TOKEN = "canary-token-2"
PASSWORD = "canary-password-3"
CREDENTIAL = "canary-credential-4"
CANARIES = (PASSPHRASE, TOKEN, PASSWORD, CREDENTIAL)
ADDRESS = f"slack://{TOKEN}/{CREDENTIAL}/x"


def config(passphrase: str = PASSPHRASE) -> StreamConfig:
    return build(
        StreamConfig,
        {
            "name": "One",
            "input": {"kind": "hls", "url": f"http://u:{CREDENTIAL}@127.0.0.1:9/a.m3u8?sig={TOKEN}"},
            "output": {
                "kind": "srt",
                "mode": "caller",
                "host": "127.0.0.1",
                "port": 9,
                "passphrase": passphrase,
            },
        },
        "stream",
    )


def found_in(folder: Path) -> Iterator[str]:
    """Each file below `folder`, also within archives, in which a canary sings."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".gz":
                content = gzip.decompress(content)
            yield from (f"{path}: {canary}" for canary in CANARIES if canary.encode() in content)


async def test_no_secret_is_in_a_support_bundle_or_in_what_is_copied(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with console(data, logging={"level": "debug"}) as application:
        await application.streams.add(config())
        await application.access.add_user("anna", Role.OPERATOR, SecretStr(PASSWORD))
        made = await application.access.add_token("anna", "robot", None, None)
        await application.notifications.save(NotificationTarget(name="us"), ADDRESS)
        # Lines that nobody masked, as another version or a library may have written them.
        with (data / "logs" / "app.log").open("a") as log:
            log.write(f"passphrase={TOKEN}\nhttp://u:{CREDENTIAL}@h/a?sig={TOKEN} {made.token}\n")
        await application.support.save(tmp_path / "support.zip")
        copied = await application.support.diagnostics()
    with zipfile.ZipFile(tmp_path / "support.zip") as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert {Path(name).name for name in texts} >= {"doctor.txt", "settings.json", "streams.json", "app.log"}
    assert "One" in texts["support/streams.json"]
    assert "NoneType" not in "".join(texts.values())
    secrets = (*CANARIES, made.token)
    sung = [
        (name, one) for name, text in {**texts, "copied": copied}.items() for one in secrets if one in text
    ]
    assert sung == []
    assert (tmp_path / "support.zip").stat().st_mode & 0o077 == 0


async def test_no_secret_is_in_a_file_a_backup_or_an_answer(tmp_path: Path) -> None:
    async with console(tmp_path / "data", logging={"level": "debug"}) as application:
        view = await application.streams.add(config())
        await application.streams.change(view.stream_id, config("another " + PASSPHRASE))
        await application.access.add_user("anna", Role.OPERATOR, SecretStr(PASSWORD))
        made = await application.access.add_token("anna", "robot", None, None)
        await application.notifications.save(NotificationTarget(name="us"), ADDRESS)
        backup = await application.backups.make()
        await application.profiles.save("Morning")
        audit = await application.records.audit.list()
        told = "\n".join([*(line.model_dump_json() for line in audit), repr(view), repr(application.streams)])
        secret = made.token.get_secret_value() if isinstance(made.token, SecretStr) else made.token
    assert [one for one in CANARIES if one in told] == []
    assert list(found_in(tmp_path)) == []
    with tarfile.open(backup.path) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert list(found_in(tmp_path / "unpacked")) == []
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    changed = next(line.detail for line in audit if line.action == "stream changed")
    assert "output.passphrase a secret (what is secret of it)" in changed


async def test_no_secret_is_in_the_arguments_or_the_environment_of_a_process(tmp_path: Path) -> None:
    """Any user of the machine may read the arguments of all processes (proc(5), cmdline)."""
    values = config().model_dump(mode="json") | {
        "input": {"kind": "test_pattern"},
        "output": config().output.model_dump(mode="json") | {"passphrase": PASSPHRASE},
    }
    async with console(tmp_path / "data") as application:
        stream_id = (await application.streams.add(build(StreamConfig, values, "stream"))).stream_id
        await application.streams.start(stream_id)
        processor = await processor_pid(application, stream_id)
        looked_at = {psutil.Process(processor), *psutil.Process().children(recursive=True)}
        looked_at |= {psutil.Process(pid) for pid in processes_of(application, stream_id)}
        assert len(looked_at) > 1
        for process in looked_at:
            told = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            told += Path(f"/proc/{process.pid}/environ").read_bytes()
            assert [one for one in CANARIES if one.encode() in told] == [], process


@pytest.mark.parametrize(
    "values",
    [
        {"output": {"kind": "srt", "mode": "caller", "host": "h", "port": 9, "passphrase": "canary-7"}},
        {"output": {"kind": "srt", "mode": "caller", "host": "h", "port": 9, "passphrase": ["canary-7"]}},
        {"output": {"kind": "srt", "mode": "caller", "host": "h", "port": 9, "pasphrase": "canary-7"}},
        {"input": {"kind": "hls", "url": "gopher://u:canary-7@h"}},
        {"input": {"kind": "hls", "url": "http://h /a?token=canary-7"}},
        {"input": {"kind": "hls", "url": "http://u:canary-7@h:99999/a"}},
    ],
)
def test_a_refusal_repeats_no_secret(values: dict[str, object]) -> None:
    with pytest.raises(OperatorError) as refused:
        build(StreamConfig, {"name": "One", **values}, "stream")
    assert "canary-7" not in str(refused.value)
