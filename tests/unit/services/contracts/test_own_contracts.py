"""Own contracts: kept in a file, beside those that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.models.actor import Actor
from ibe100.models.cues.contract import Contract
from ibe100.models.errors import ConfigurationError, NotAllowed, NotFound, StorageError
from ibe100.models.rights import Role
from ibe100.models.settings.forms import forms_of
from ibe100.services.audit_trail import acting_as
from ibe100.services.contracts.contract_service import ContractService, load_own, load_templates

OURS = Contract(name="Ours", scte35_pid=600, pre_roll_min_s=4, pre_roll_default_s=6)
ENA = Actor("ena", Role.ENGINEER)


@pytest.fixture
def service(tmp_path: Path) -> ContractService:
    return ContractService(tmp_path / "contracts.json")


async def test_a_contract_is_saved_renamed_and_removed(service: ContractService, tmp_path: Path) -> None:
    shipped = load_templates()
    with acting_as(ENA):
        assert await service.save(OURS) == OURS
        assert await service.templates() == (*shipped, OURS)
        later = OURS.model_copy(update={"name": "Ours, 2027", "scte35_pid": 601})
        await service.save(later, was="Ours")
        assert load_own(tmp_path / "contracts.json") == (later,)
        await service.remove("Ours, 2027")
    assert await service.own() == ()


async def test_a_name_is_given_once_and_what_ships_stays(service: ContractService) -> None:
    shipped = load_templates()[0]
    with acting_as(ENA):
        await service.save(OURS)
        for contract, was in ((shipped, ""), (OURS, ""), (OURS.model_copy(update={"name": "OURS"}), "")):
            with pytest.raises(ConfigurationError, match="there is a contract"):
                await service.save(contract, was)
        for wrong in (service.save(OURS, was=shipped.name), service.remove(shipped.name)):
            with pytest.raises(NotFound):
                await wrong
    with acting_as(Actor("otto", Role.OPERATOR)), pytest.raises(NotAllowed, match="to edit contracts"):
        await service.remove("Ours")


async def test_a_damaged_file_is_set_aside_and_named(service: ContractService, tmp_path: Path) -> None:
    (tmp_path / "contracts.json").write_text('{"contracts": [')
    with pytest.raises(StorageError, match=r"set aside as contracts\.json\.damaged-"):
        await service.templates()
    assert len(await service.templates()) == len(load_templates())


async def test_what_a_newer_version_wrote_is_kept(service: ContractService, tmp_path: Path) -> None:
    file = tmp_path / "contracts.json"
    with acting_as(ENA):
        await service.save(OURS)
        file.write_text(file.read_text().replace('"scte35_pid"', '"sealed_by": "x", "scte35_pid"', 1))
        await service.save(OURS.model_copy(update={"scte35_pid": 602}), was="Ours")
    assert '"sealed_by"' in file.read_text()
    assert load_own(file)[0].scte35_pid == 602


def test_each_field_has_words_for_whoever_edits_it() -> None:
    schema = Contract.model_json_schema()
    fields = forms_of(schema, schema["$defs"])
    plain = {"command", "srt", "video", "audio"}
    unnamed = [name for name, form in fields.items() if name not in plain and not form.effect]
    assert unnamed == []
