"""Every call that changes something is refused by the services, whichever front end makes it."""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import SecretStr

from ibe100.core.application import Application
from ibe100.models.actor import NOBODY, Actor
from ibe100.models.alarms.notification import NotificationTarget
from ibe100.models.alarms.settings import RuleChange
from ibe100.models.cues.contract import Contract
from ibe100.models.cues.preset import Rundown
from ibe100.models.cues.schedule import At, BreakPlan, ImportPreview, ImportRow
from ibe100.models.errors import NotAllowed
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import CueAction, CueRequest
from ibe100.models.stream_config import NoOutput, StreamConfig, TestPatternInput
from ibe100.models.stream_list import ManyAct
from ibe100.services.api_ports import AllServices
from ibe100.services.audit_trail import acting_as
from services_rig import console

CONFIG = StreamConfig(name="Other", input=TestPatternInput(), output=NoOutput())
READS = {
    "streams": {"command", "preview_command", "clashes", "deleted"},
    "media": {"not_allowed"},
    "preview": {"watch"},
    "profiles": {"names", "shipped"},
    "clips": {"list", "file", "export", "use"},
    "alarm_rules": {"views"},
    "as_run": {"streams", "log", "breaks", "export"},
    "schedule": {"check", "conflicts", "export"},
    "stream_events": {"between"},
    "metrics": {"series", "curves", "changes"},
    "metrics_csv": {"write"},
    "contracts": {"templates", "own"},
    "engine": {"engines"},
    "kept_backups": {"list"},
    "support": {"versions", "licences", "diagnostics"},
    "settings": {"views"},
    "access": {"log_in", "until_over"},
    "console": {"do", "do_with", "sign_in", "sign_out", "lock", "emergency"},
}
"""Asynchronous calls that change no stream and no record, or that are a sign-in themselves."""


def changes(
    house: Application, stream_id: str, path: Path
) -> dict[tuple[str, str], Coroutine[Any, Any, Any]]:
    """A call of each change, on this stream where it is one of a stream."""
    plan = BreakPlan(stream_id=stream_id, title="x", when=At(at=4e9), duration_s=30)
    preview = ImportPreview(source="x", rows=(ImportRow(line=1, plan=plan),), findings=())
    cue = CueRequest(stream_id=stream_id, action=CueAction.TO_BREAK)
    secret = SecretStr("correct horse battery")
    target = NotificationTarget(target_id="t", name="T")
    return {
        ("streams", "add"): house.streams.add(CONFIG),
        ("streams", "change"): house.streams.change(stream_id, CONFIG),
        ("streams", "remove"): house.streams.remove(stream_id),
        ("streams", "probe"): house.streams.probe(TestPatternInput()),
        ("streams", "start"): house.streams.start(stream_id),
        ("streams", "stop"): house.streams.stop(stream_id),
        ("streams", "restart"): house.streams.restart(stream_id),
        ("streams", "retry"): house.streams.retry(stream_id),
        ("streams", "duplicate"): house.streams.duplicate(stream_id),
        ("streams", "restore"): house.streams.restore(1),
        ("streams", "forget"): house.streams.forget(1),
        ("streams", "restart_after_break"): house.streams.restart_after_break(stream_id),
        ("streams", "call_off_restart"): house.streams.call_off_restart(stream_id),
        ("streams", "do_to_many"): house.streams.do_to_many(ManyAct.START, [stream_id]),
        ("streams", "group"): house.streams.group([stream_id], "Sport"),
        ("inputs", "go_to"): house.inputs.go_to(stream_id, 2),
        ("inputs", "follow_rules"): house.inputs.follow_rules(stream_id),
        ("cluster", "take"): house.cluster.take(stream_id),
        ("cluster", "release"): house.cluster.release(stream_id),
        ("cluster", "forget"): house.cluster.forget("b"),
        ("media", "allow"): house.media.allow([path]),
        ("cues", "preview"): house.cues.preview(cue),
        ("cues", "fire"): house.cues.fire(cue),
        ("cue_presets", "set_own"): house.cue_presets.set_own(stream_id, ()),
        ("cue_presets", "set_rundown"): house.cue_presets.set_rundown(stream_id, Rundown()),
        ("cue_presets", "fire"): house.cue_presets.fire(stream_id, "30 s local"),
        ("cue_presets", "fire_step"): house.cue_presets.fire_step(stream_id, 0),
        ("cue_once", "fire"): house.cue_once.fire(cue, "key"),
        ("alarm_rules", "set"): house.alarm_rules.set(stream_id, "cue_failed", RuleChange()),
        ("monitoring", "reset_counters"): house.monitoring.reset_counters(stream_id),
        ("profiles", "save"): house.profiles.save("x"),
        ("profiles", "load"): house.profiles.load("x"),
        ("profiles", "import_file"): house.profiles.import_file(path),
        ("profiles", "export_file"): house.profiles.export_file("x", path),
        ("schedule", "add"): house.schedule.add(plan),
        ("schedule", "preview_import"): house.schedule.preview_import(path),
        ("schedule", "import_rows"): house.schedule.import_rows(preview),
        ("notifications", "save"): house.notifications.save(target, ""),
        ("notifications", "remove"): house.notifications.remove("t"),
        ("notifications", "test"): house.notifications.test("t"),
        ("backups", "make"): house.backups.make(path),
        ("kept_backups", "prove"): house.kept_backups.prove(path),
        ("kept_backups", "export"): house.kept_backups.export(path, path),
        ("kept_backups", "look_into"): house.kept_backups.look_into(path),
        ("kept_backups", "restore_at_start"): house.kept_backups.restore_at_start(path),
        ("contracts", "save"): house.contracts.save(Contract(name="Ours")),
        ("contracts", "remove"): house.contracts.remove("Ours"),
        ("support", "save"): house.support.save(path),
        ("settings", "change"): house.settings.change({"cues.seen_timeout_s": 4}),
        ("settings", "reset"): house.settings.reset(["cues.seen_timeout_s"]),
        ("settings", "undo"): house.settings.undo(),
        ("access", "add_user"): house.access.add_user("eva", Role.ADMIN, secret),
        ("access", "set_role"): house.access.set_role("eva", Role.ADMIN),
        ("access", "set_streams"): house.access.set_streams("eva", None),
        ("access", "set_password"): house.access.set_password("eva", secret),
        ("access", "set_disabled"): house.access.set_disabled("eva", True),
        ("access", "remove_user"): house.access.remove_user("eva"),
        ("access", "add_token"): house.access.add_token("eva", "x", None, None),
        ("access", "revoke_token"): house.access.revoke_token(1),
    }


BY_WHAT_IT_IS = {
    ("cues", "cancel"),
    ("alarms", "acknowledge"),
    ("alarms", "shelve"),
    ("alarms", "unshelve"),
    ("schedule", "accept_conflict"),
    ("schedule", "change"),
    ("schedule", "remove"),
    ("schedule", "send_early"),
}
"""Changes whose stream is known by the number of a cue, alarm or break: each needs one that is there."""


def ports() -> dict[str, type]:
    """Ports by their names, those of the API in the place of those of a window."""
    found = {}
    for services in reversed(AllServices.__mro__):
        for name, member in vars(services).items():
            if isinstance(member, property) and member.fget is not None:
                found[name] = get_type_hints(member.fget)["return"]
    return found


def coroutines_of(port: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(port, inspect.iscoroutinefunction)}


async def test_each_call_of_a_port_is_a_read_or_is_refused_to_nobody(tmp_path: Path) -> None:
    """A call that is new has to be put into one of the tables, and so to be thought about."""
    async with console(tmp_path) as house:
        stream = await house.streams.add(CONFIG.model_copy(update={"name": "News"}))
        refused = changes(house, stream.stream_id, tmp_path / "x.csv")
        declared = {(name, call) for name, port in ports().items() for call in coroutines_of(port)}
        known = refused.keys() | BY_WHAT_IT_IS | {(name, call) for name in READS for call in READS[name]}
        try:
            assert declared == known
            for call, work in refused.items():
                with acting_as(NOBODY), pytest.raises(NotAllowed, match="nobody is signed in"):
                    await work
                    pytest.fail(f"{call} was not refused")
        finally:
            for work in refused.values():
                work.close()
        assert [view.config.name for view in house.streams.streams()] == ["News"]
        assert not house.access.users()


async def test_rights_to_one_stream_are_none_to_another(tmp_path: Path) -> None:
    async with console(tmp_path) as house:
        await house.streams.add(CONFIG.model_copy(update={"name": "News"}))
        sport = await house.streams.add(CONFIG.model_copy(update={"name": "Sport"}))
        anna = Actor("anna", Role.ADMIN, frozenset({"news"}))
        role_alone = {("streams", "probe"), ("schedule", "preview_import")}
        calls = changes(house, sport.stream_id, tmp_path / "x.csv")
        for call, work in calls.items():
            if call in role_alone:
                work.close()
                continue
            with acting_as(anna), pytest.raises(NotAllowed, match="anna may"):
                await work


async def test_a_break_is_moved_neither_from_nor_to_a_stream_of_others(tmp_path: Path) -> None:
    async with console(tmp_path) as house:
        news = await house.streams.add(CONFIG.model_copy(update={"name": "News"}))
        sport = await house.streams.add(CONFIG.model_copy(update={"name": "Sport"}))
        plan = BreakPlan(stream_id=sport.stream_id, title="x", when=At(at=4e9), duration_s=30)
        planned = await house.schedule.add(plan)
        anna = Actor("anna", Role.OPERATOR, frozenset({news.stream_id}))
        mine = plan.model_copy(update={"stream_id": news.stream_id})
        with acting_as(anna):
            own = await house.schedule.add(mine)
            for break_id, wanted in ((planned.break_id, mine), (own.break_id, plan)):
                with pytest.raises(NotAllowed):
                    await house.schedule.change(break_id, wanted)
            with pytest.raises(NotAllowed):
                await house.schedule.remove([own.break_id, planned.break_id])
            await house.schedule.remove([own.break_id])
        assert [one.break_id for one in house.schedule.list()] == [planned.break_id]
