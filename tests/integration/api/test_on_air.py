"""Cues over HTTP on a real stream: fired once, seen, spliced, told of, on record under a name."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from api_rig import event, key, served, words
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import CueState
from ibe100.services.alarms.catalogue import BREAK_MISSED
from ibe100.services.alarms.rule import Judgement
from services_rig import SHORT_LEAD, looped, on_air, until_cue


async def test_a_cue_fired_over_http_is_fired_once_seen_and_spliced(tmp_path: Path, media: Path) -> None:
    """With it: readiness, preview, a retry, its steps, its events, who did it."""
    async with served(tmp_path) as api:
        stream_id = await on_air(api.application, looped(media, scte35=SHORT_LEAD))
        operator = await api.client(Role.OPERATOR)
        place = f"/api/v1/streams/{stream_id}/cues"
        ready = await operator.get(f"{place}/readiness", params={"action": "TO BREAK"})
        assert ready.json() == {"ready": True, "reasons": []}
        asked = {"action": "TO BREAK", "duration_s": 30}
        preview = (await operator.post(f"{place}/preview", json=asked)).json()
        assert base64.b64decode(preview["section_base64"])[0] == 0xFC

        async with api.listener(query=f"?stream={stream_id}&type=CueChanged") as listener:
            name = key()
            answer = await operator.post(place, json=asked, headers=name)
            assert answer.status_code == 201, answer.text
            cue = answer.json()
            assert (cue["state"], cue["requested_by"]) == ("SENT", "otto")
            again = await operator.post(place, json=asked, headers=name)
            assert again.status_code == 200
            assert again.headers["Idempotency-Replayed"] == "true"
            assert again.json()["cue_id"] == cue["cue_id"]
            other = await operator.post(place, json={"action": "CRASH IN"}, headers=name)
            assert "stands for another request" in words(other, 409)
            await event(listener, "CueChanged", cue_id=cue["cue_id"], state="SEEN")
            await event(listener, "CueChanged", cue_id=cue["cue_id"], state="SPLICED")

        whole = (await operator.get(f"/api/v1/cues/{cue['cue_id']}")).json()
        assert whole["state"] == "SPLICED"
        assert whole["seen_base64"] == whole["section_base64"] == cue["section_base64"]
        await api.application.cues.settled()
        steps = (await operator.get(f"/api/v1/cues/{cue['cue_id']}")).json()["steps"]
        assert [step["state"] for step in steps][-1] == "SPLICED"
        recent = (await operator.get(place)).json()
        assert [one["cue_id"] for one in recent] == [cue["cue_id"]]
        refused = await operator.post(place, json=asked, headers=key())
        assert words(refused, 409)
        assert refused.json()["kind"] == "refused"
        assert ("otto", "TO BREAK", stream_id) in await api.audit()


async def test_an_armed_cue_is_cancelled_by_who_is_named(tmp_path: Path, media: Path) -> None:
    async with served(tmp_path) as api:
        stream_id = await on_air(api.application, looped(media))
        operator = await api.client(Role.OPERATOR)
        answer = await operator.post(
            f"/api/v1/streams/{stream_id}/cues",
            json={"action": "TO BREAK", "pre_roll_s": 40},
            headers=key(),
        )
        assert answer.status_code == 201, answer.text
        cue_id = answer.json()["cue_id"]
        assert answer.json()["state"] == "ARMED"
        cancelled = (await operator.post(f"/api/v1/cues/{cue_id}/cancel")).json()
        assert (cancelled["state"], cancelled["reason"]) == ("CANCELLED", "disarmed by otto")
        assert "only a cue whose splice lies ahead can be called off" in words(
            await operator.post(f"/api/v1/cues/{cue_id}/cancel"), 409
        )
        assert ("otto", "cue disarmed", stream_id) in await api.audit()


async def test_a_stream_is_added_started_changed_stopped_and_removed_by_who_may(
    tmp_path: Path, media: Path
) -> None:
    async with served(tmp_path) as api:
        engineer, operator = await api.client(Role.ENGINEER), await api.client(Role.OPERATOR)
        config = looped(media).model_dump(mode="json")
        added = await engineer.post("/api/v1/streams", json=config)
        assert added.status_code == 201, added.text
        stream_id = added.json()["stream_id"]
        place = f"/api/v1/streams/{stream_id}"
        report = await engineer.post(f"{place}/probe")
        assert report.status_code == 200, report.text
        assert "spliceinject" in (await operator.get(f"{place}/command")).json()["command"]
        async with api.listener() as listener:
            assert (await operator.post(f"{place}/start")).status_code == 200
            await event(listener, "StreamStateChanged", stream_id=stream_id, state="RUNNING")
        assert "is RUNNING" in words(await operator.post(f"{place}/start"), 409)
        assert "stop it before" in words(await engineer.delete(place), 409)
        changed = await engineer.put(place, json={**config, "name": "Other"})
        assert changed.json()["config"]["name"] == "Other"
        assert (await operator.post(f"{place}/restart")).json()["state"] == "STARTING"
        stopped = (await operator.post(f"{place}/stop")).json()
        assert stopped["state"] == "STOPPED"
        assert (await engineer.delete(place)).json() == {"done": True, "deleted_id": 1}
        assert (await operator.get("/api/v1/streams")).json() == []
        latest = (await operator.get("/api/v1/history/sessions")).json()[0]
        assert latest["end_reason"] == "otto"
        actions = [(who, action) for who, action, _ in await api.audit()]
        assert ("emil", "stream added") in actions
        assert ("otto", "stream started") in actions
        assert ("emil", "stream changed") in actions
        assert ("otto", "stream stopped") in actions
        assert ("emil", "stream deleted") in actions


async def test_prometheus_reads_streams_cues_alarms_and_the_loop(tmp_path: Path, media: Path) -> None:
    async with served(tmp_path) as api:
        stream_id = await on_air(api.application, looped(media))
        operator, viewer = await api.client(Role.OPERATOR), await api.client(Role.VIEWER)
        fired = await operator.post(
            f"/api/v1/streams/{stream_id}/cues", json={"action": "CRASH OUT"}, headers=key()
        )
        cue = next(
            one for one in api.application.cues.recent(stream_id) if one.cue_id == fired.json()["cue_id"]
        )
        await until_cue(api.application, cue, CueState.SPLICED)
        await api.application.alarms.judge(stream_id, "Channel", {BREAK_MISSED: Judgement(True, "noon")})

        async def text() -> str:
            answer = await viewer.get("/metrics")
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            return answer.text

        wanted = (
            f'ibe100_stream_state{{state="RUNNING",stream="{stream_id}"}} 1.0',
            f'ibe100_cues_total{{action="CRASH OUT",state="SPLICED",stream="{stream_id}"}} 1.0',
            f'ibe100_stream_bitrate_bps{{stream="{stream_id}"}}',
            f'ibe100_stream_tr_101_290_errors_total{{check="continuity_count_error",stream="{stream_id}"}}',
            f'ibe100_alarms{{condition="break_missed",severity="critical",state="UNACK",stream="{stream_id}',
            "ibe100_loop_lag_seconds",
        )
        while missing := [line for line in wanted if line not in (told := await text())]:
            await asyncio.sleep(0.2)
            assert told, missing
