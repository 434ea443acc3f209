"""Settings of a server that runs: read again at SIGHUP and by themselves, while streams go on."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from demo_rig import finished, patiently, place_in
from ibe100.core.application import Application, open_application
from ibe100.core.settings_reload import SettingsSource
from ibe100.models.actor import Actor
from ibe100.models.rights import Role
from ibe100.services.audit_trail import act_as
from services_rig import looped, on_air, processor_pid


def test_a_server_takes_changed_settings_and_says_what_it_cannot(tmp_path: Path) -> None:
    with place_in(tmp_path) as place:
        file = tmp_path / "settings.json"
        file.write_text(json.dumps({"cues": {"seen_timeout_s": 3.0}}))
        variables = {"IBE100_SETTINGS_FILE": str(file)}
        shown = place.run("config", "show", "--json", **variables, IBE100_BACKUP__HOUR_UTC="4")
        rows = {row["setting"]: (row["value"], row["from"]) for row in json.loads(shown.out)}
        assert rows["cues.seen_timeout_s"] == (3.0, str(file))
        assert rows["backup.hour_utc"] == (4, "the environment")
        assert rows["runner.stall_timeout_s"] == (5.0, "default")
        server = place.start("serve", "--data-dir", place.data_dir, **variables)
        log = place.data_dir / "logs" / "app.log"
        patiently(lambda: log.exists() and "is open on" in log.read_text(), "a server")
        file.write_text(json.dumps({"cues": {"seen_timeout_s": 0.0}}))
        server.send_signal(signal.SIGHUP)
        patiently(lambda: "stay as they were" in log.read_text(), "a refusal")
        file.write_text(json.dumps({"cues": {"seen_timeout_s": 2.5}, "folders": {"log_dir": "/x"}}))
        checked = place.run("config", "check", file)
        assert checked.out.strip().endswith("not the default: folders.log_dir, cues.seen_timeout_s")
        audit = place.data_dir / "logs" / "audit.log"
        patiently(lambda: audit.exists() and "3.0 → 2.5" in audit.read_text(), "the change")
        patiently(
            lambda: "after a restart of the console or server: folders.log_dir" in log.read_text(), "it"
        )
        server.send_signal(signal.SIGTERM)
        ended = finished(server)
        assert ended.code == 0
        assert "info: Settings read again: cues.seen_timeout_s 3.0 → 2.5" in ended.out
        wrong = place.run("config", "check", tmp_path / "none.json")
        assert wrong.code == 3
        assert "does not exist" in wrong.refusal()
        assert place.processes() == []


async def test_a_policy_holds_for_the_next_start_and_leaves_what_runs_alone(
    tmp_path: Path, media: Path
) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{}")
    folders = {"data_dir": str(tmp_path / "data")}
    media_folders = {"folders": [str(media)]}
    source = SettingsSource({"folders": folders, "engine": {"kind": "builtin"}, "media": media_folders}, file)
    async with open_application(
        source.load(), "test", stop_streams=True, log_to_stderr=False, source=source
    ) as application:
        assert application.settings_reload is not None
        running = await on_air(application, looped(media, name="Running"))
        before = await processor_pid(application, running)
        changed = {"runner": {"stall_timeout_s": 9.0}, "cues": {"seen_timeout_s": 5.0}}
        file.write_text(json.dumps({**changed, "backup": {"folder": str(tmp_path / "elsewhere")}}))
        act_as(Actor("anna", Role.ADMIN))
        await application.settings_reload.reload()
        started = await on_air(application, looped(media, name="Started since"))
        policies = [_policy(application, one)["stall_timeout_s"] for one in (running, started)]
        assert policies == [5.0, 9.0]
        assert await processor_pid(application, running) == before
        assert application.backups.status().folder == tmp_path / "elsewhere"
        audit = {(line.who, line.subject, line.detail) for line in await application.records.audit.list()}
        assert ("anna", "runner.stall_timeout_s", "5.0 → 9.0") in audit


def _policy(application: Application, stream_id: str) -> dict[str, float]:
    spec = application.streams.run_of(stream_id).link.read_spec()
    assert spec is not None
    policy: dict[str, float] = spec["policy"]
    return policy
