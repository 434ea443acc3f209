"""Alarms, schedule, profiles, history, metrics and the house over HTTP, on real services."""

from __future__ import annotations

import json
import time
from pathlib import Path

from api_rig import served, words
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.alarms.notification import NotificationTarget
from ibe100.models.rights import Role
from ibe100.models.stream_config import StreamConfig, UdpInput
from services_rig import looped, on_air, until_alarm

HEAD = "stream,start,duration,title\n"


async def test_an_alarm_is_acknowledged_shelved_and_unshelved_by_who_is_named(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        operator, engineer = await api.client(Role.OPERATOR), await api.client(Role.ENGINEER)
        limits = {"limits": {"disk_free_mb": 10_000_000}}
        (tmp_path / "alarm_settings.json").write_text(json.dumps(limits))
        alarm = await until_alarm(api.application, "disk_low", AlarmState.UNACKNOWLEDGED)
        place = f"/api/v1/alarms/{alarm.alarm_id}"
        shelved = await operator.post(f"{place}/shelve", json={"minutes": 5, "reason": "known"})
        assert (shelved.json()["shelved_by"], shelved.json()["is_shown"]) == ("otto", False)
        assert words(await operator.post(f"{place}/shelve", json={"minutes": 5000, "reason": "x"}), 422)
        assert (await operator.post(f"{place}/unshelve")).json()["is_shown"] is True
        acknowledged = (await operator.post(f"{place}/acknowledge")).json()
        assert (acknowledged["state"], acknowledged["acknowledged_by"]) == ("ACK", "otto")
        listed = (await operator.get("/api/v1/alarms")).json()
        assert alarm.alarm_id in [one["alarm_id"] for one in listed]
        history = (await operator.get("/api/v1/alarms/history", params={"words": "disk"})).json()
        assert alarm.alarm_id in [one["alarm_id"] for one in history]
        changed = await engineer.put("/api/v1/alarm-rules/input_lost", json={"on_delay_s": 7})
        assert changed.json()["on_delay_s"] == 7
        rules = (await operator.get("/api/v1/alarm-rules")).json()
        assert next(rule for rule in rules if rule["condition"] == "input_lost")["change"]["on_delay_s"] == 7
        actions = [(who, action) for who, action, _ in await api.audit() if action.startswith("alarm")]
        assert actions == [
            ("otto", "alarm shelved"),
            ("otto", "alarm unshelved"),
            ("otto", "alarm acknowledged"),
            ("emil", "alarm rule changed"),
        ]


async def test_breaks_are_planned_changed_imported_and_removed(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        stream_id = (await api.application.streams.add(StreamConfig(name="Channel"))).stream_id
        operator = await api.client(Role.OPERATOR)
        at = time.time() + 7200
        plan = {"stream_id": "Channel", "when": {"kind": "at", "at": at}, "duration_s": 30}
        planned = (await operator.post("/api/v1/schedule", json=plan)).json()
        assert (planned["stream_id"], planned["planned_at"]) == (stream_id, at)
        place = f"/api/v1/schedule/{planned['break_id']}"
        changed = (await operator.put(place, json={**plan, "duration_s": 60})).json()
        assert changed["duration_s"] == 60
        overlapping = {**plan, "when": {"kind": "at", "at": at + 20}}
        other = (await operator.post("/api/v1/schedule", json=overlapping)).json()
        found = (await operator.get("/api/v1/schedule/conflicts", params={"stream": "1"})).json()
        assert {planned["break_id"], other["break_id"]} <= set(found[0]["break_ids"])
        assert (await operator.delete(place)).json() == {"done": True}

        rows = f"{HEAD}Channel,2040-01-01T20:00:00,30,Good\nChannel,whenever,30,Bad\n"
        query = {"name": "plan.csv", "time_zone": "Europe/Berlin"}
        preview = await operator.post("/api/v1/schedule/import/preview", params=query, content=rows)
        assert (preview.json()["good"], preview.json()["bad"], preview.json()["stored"]) == (1, 1, 0)
        assert "whenever" in preview.json()["rows"][1]["error"]
        kept_out = await operator.post("/api/v1/schedule/import", params=query, content=rows)
        assert kept_out.json()["stored"] == 0
        stored = await operator.post(
            "/api/v1/schedule/import", params={**query, "skip_bad": "true"}, content=rows
        )
        assert stored.json()["stored"] == 1
        page = (await operator.get("/api/v1/schedule", params={"limit": 1, "offset": 1})).json()
        assert page["total"] == 2
        assert page["breaks"][0]["title"] == "Good"
        assert "a file ends in" in words(
            await operator.post("/api/v1/schedule/import", params={"name": "plan.exe"}, content=rows), 422
        )
        for away in ("../../plan.csv", "/etc/plan.csv", "plan\x00.csv", "", ".csv"):
            refused = await operator.post("/api/v1/schedule/import", params={"name": away}, content=rows)
            assert words(refused, 422).startswith("name")
        who = {who for who, action, _ in await api.audit() if "break" in action}
        assert who == {"otto"}


async def test_a_profile_is_saved_and_loaded_and_that_is_audited(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        engineer = await api.client(Role.ENGINEER)
        await engineer.post("/api/v1/streams", json={"name": "Channel"})
        assert (await engineer.put("/api/v1/profiles/house")).json() == {"done": True}
        assert (await engineer.get("/api/v1/profiles")).json() == ["house"]
        await engineer.delete("/api/v1/streams/1")
        loaded = await engineer.post("/api/v1/profiles/house/load")
        assert [one["config"]["name"] for one in loaded.json()["streams"]] == ["Channel"]
        assert [one["config"]["name"] for one in (await engineer.get("/api/v1/streams")).json()] == [
            "Channel"
        ]
        assert words(await engineer.put("/api/v1/profiles/.."), 404)
        told = [(who, action) for who, action, _ in await api.audit() if action.startswith("profile")]
        assert told == [("emil", "profile saved"), ("emil", "profile loaded")]
        # Who acts is known of each request, and is nobody's afterwards.
        await api.application.streams.add(StreamConfig(name="By the window"))
        assert (await api.audit())[-1][:2] == ("console", "stream added")


async def test_what_is_on_record_is_read_back_and_the_as_run_log_is_a_file_with_its_digest(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="Channel", input=UdpInput(port=5999)))
        viewer = await api.client(Role.VIEWER)
        day = time.strftime("%Y-%m-%d", time.gmtime())
        for format, media_type, begins in (
            ("json", "application/json", b"{"),
            ("csv", "text/csv", b"cue_id,"),
            ("pdf", "application/pdf", b"%PDF"),
        ):
            answer = await viewer.get("/api/v1/as-run", params={"day": day, "format": format, "stream": "1"})
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].startswith(media_type)
            assert answer.content.startswith(begins)
            assert f"as-run-{day}.{format}" in answer.headers["content-disposition"]
        assert len(answer.headers["x-content-sha256-of-rows"]) == 64
        assert words(await viewer.get("/api/v1/as-run", params={"day": "today"}), 422).startswith("day")
        assert words(await viewer.get("/api/v1/as-run", params={"day": day, "time_zone": "Mars"}), 422)
        assert words(await viewer.get("/api/v1/as-run", params={"day": day, "stream": "9"}), 404)
        log = (await viewer.get("/api/v1/history/cues", params={"state": "FAILED"})).json()
        assert (log["cues"], log["is_cut"]) == ([], False)
        events = {"stream": "1", "begins_at": 0, "ends_at": time.time()}
        assert (await viewer.get("/api/v1/history/events", params=events)).json() == []
        assert [one["name"] for one in (await viewer.get("/api/v1/as-run/streams")).json()] == ["Channel"]


async def test_curves_are_read_by_the_names_that_the_series_say(tmp_path: Path, media: Path) -> None:
    async with served(tmp_path) as api:
        await on_air(api.application, looped(media))
        viewer = await api.client(Role.VIEWER)
        begins_at = time.time() - 60
        span = {"stream": "1", "begins_at": begins_at, "ends_at": begins_at + 600}
        names: set[str] = set()
        while "bitrate" not in names:
            names = {one["name"] for one in (await viewer.get("/api/v1/metrics/series", params=span)).json()}
        answer = await viewer.get(
            "/api/v1/metrics/curves", params={**span, "series": "bitrate", "points": 50}
        )
        (curve,) = answer.json()
        assert (curve["series"], curve["unit"]) == ("bitrate", "b/s")
        assert any(value is not None and value > 0 for value in curve["mean"])
        assert "not measured in that time: nonsense" in words(
            await viewer.get("/api/v1/metrics/curves", params={**span, "series": "nonsense"}), 404
        )
        assert words(
            await viewer.get("/api/v1/metrics/series", params={**span, "ends_at": 1}), 422
        ).startswith("ends_at")


async def test_the_house_tells_its_processors_and_contracts_and_no_address(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        engineer = await api.client(Role.ENGINEER)
        assert (await engineer.get("/api/v1/engine")).json()["engines"]
        assert (await engineer.get("/api/v1/contracts/templates")).json()
        target = NotificationTarget(name="Night desk")
        view = await api.application.notifications.save(target, "json://user:hush@127.0.0.1:9")
        listed = await engineer.get("/api/v1/notifications")
        assert [one["target"]["name"] for one in listed.json()] == ["Night desk"]
        assert "hush" not in listed.text
        tried = await engineer.post(f"/api/v1/notifications/{view.target.target_id}/test")
        assert words(tried, 409).startswith("Night desk could not be told")
        assert "hush" not in tried.text


async def test_the_description_names_every_route_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        viewer = await api.client(Role.VIEWER)
        document = (await viewer.get("/api/v1/openapi.json")).json()
        fire = document["paths"]["/api/v1/streams/{stream}/cues"]["post"]
        assert fire["x-role"] == "operator"
        assert "Idempotency-Key" in [one["name"] for one in fire["parameters"]]
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert words(await viewer.get(path), 404)
