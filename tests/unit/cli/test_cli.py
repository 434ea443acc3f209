"""`ibe100 scte35 decode` and `encode` as an operator uses them."""

import base64
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ibe100 import scte35
from ibe100.cli.scte35 import app
from ibe100.scte35 import values as v
from ibe100.scte35.description import describe
from places import DATA

VECTORS = json.loads((DATA / "scte35" / "vectors.json").read_text(encoding="utf-8"))
INSERT = "/DAlAAAAAAAA///wFAUAAAABf+/+cr0AUP4AKTLgAAEAAAAA8vGmTw=="


def run(*arguments: str, stdin: bytes | str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


@pytest.mark.parametrize("form", ["base64", "hex", "file", "binary file", "xml file", "stdin"])
def test_a_section_is_read_from_every_form(form: str, tmp_path: Path) -> None:
    raw = scte35.from_text(INSERT)
    path = tmp_path / "cue"
    match form:
        case "base64":
            result = run("decode", INSERT)
        case "hex":
            result = run("decode", "0x" + raw.hex())
        case "file":
            path.write_text(INSERT + "\n", encoding="ascii")
            result = run("decode", str(path))
        case "binary file":
            path.write_bytes(raw)
            result = run("decode", str(path))
        case "xml file":
            path.write_text(run("decode", INSERT, "--xml").stdout, encoding="utf-8")
            result = run("decode", str(path))
        case _:
            result = run("decode", "-", stdin=INSERT)
    assert result.exit_code == 0, result.output
    assert "0x00000001 (1)" in result.stdout
    assert "30.000 s (2700000)" in result.stdout
    assert "05:56:28.766 (1924989008)" in result.stdout


def test_every_collected_section_can_be_shown() -> None:
    for vector in VECTORS:
        result = run("decode", vector["base64"])
        assert result.exit_code == 0, result.output
        assert result.exception is None
        assert f"0x{base64.b64decode(vector['base64'])[-4:].hex().upper()} is right" in result.stdout


def test_faults_are_shown_and_refused_when_strict() -> None:
    section = next(vector["base64"] for vector in VECTORS if "0xFFF" in vector["source"])
    assert "Fault: splice_command_length" in run("decode", section).stdout
    strict = run("decode", section, "--strict")
    assert strict.exit_code == 2
    assert "0xFFF" in strict.stderr


def test_an_encrypted_section_is_called_encrypted() -> None:
    section = scte35.SpliceInfoSection(v.EncryptedPart(4, bytes(20)), encryption_algorithm=1)
    result = run("decode", scte35.to_base64(scte35.encode(section)))
    assert result.exit_code == 0
    assert "encrypted and is not interpreted" in result.stdout


def test_json_goes_out_and_comes_in(tmp_path: Path) -> None:
    written = run("decode", INSERT, "--json").stdout
    assert json.loads(written)["command"]["break_duration"]["duration"] == 2_700_000
    assert run("encode", "-", stdin=written).stdout.strip() == INSERT
    path = tmp_path / "cue.json"
    path.write_text(written, encoding="utf-8")
    assert run("encode", str(path)).stdout.strip() == INSERT


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            ["--out", "--event-id", "0x10", "--duration", "30"],
            scte35.splice_insert(16, True, duration_pts=2_700_000),
        ),
        (["--in", "--event-id", "16", "--immediate"], scte35.splice_insert(16, False)),
        (
            [
                "--out",
                "--event-id",
                "16",
                "--pts",
                "900000",
                "--duration",
                "10",
                "--auto-return",
                "--tier",
                "0x123",
            ],
            scte35.splice_insert(
                16, True, pts_time=900_000, duration_pts=900_000, auto_return=True, tier=0x123
            ),
        ),
        (["--cancel", "--event-id", "16"], scte35.cancel(16)),
        (["--null"], scte35.splice_null()),
    ],
)
def test_options_make_the_section(options: list[str], expected: scte35.SpliceInfoSection) -> None:
    raw = scte35.encode(expected)
    assert run("encode", *options).stdout.strip() == scte35.to_base64(raw)
    assert run("encode", *options, "--hex").stdout.strip() == raw.hex()
    assert "splice_information_table" in run("encode", *options, "--xml").stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["decode", "nonsense!"], "neither base64 nor hex"),
        (["decode", INSERT[:-8] + "AAAAAA=="], "CRC_32"),
        (["decode", "FC"], "section_length"),
        (["decode", "<tsduck><PAT/></tsduck>"], "PAT"),
        (["decode", "x" * 5000 + "!"], "neither base64 nor hex"),
        (["decode", INSERT, "--json", "--xml"], "exclude"),
        (["encode"], "say one of"),
        (["encode", "--out", "--null"], "say one of"),
        (["encode", "--out"], "--event-id is missing"),
        (["encode", "--out", "--event-id", "x"], "--event-id 'x' is not a number"),
        (["encode", "--out", "--event-id", "1", "--tier", "many"], "--tier"),
        (["encode", "--out", "--event-id", "4294967296"], "does not fit in 32 bits"),
        (["encode", "--out", "--event-id", "1", "--duration", "1e6"], "does not fit in 33 bits"),
        (["encode", "--out", "--event-id", "1", "--duration", "inf"], "--duration"),
        (["encode", "--out", "--event-id", "1", "--duration", "nan"], "--duration"),
        (["encode", "--out", "--event-id", "1", "--duration", "-1"], "--duration"),
        (["encode", "--out", "--event-id", "1", "--pts", "-1"], "does not fit in 33 bits"),
        (["encode", "--out", "--event-id", "1", "--unique-program-id", "65536"], "does not fit in 16 bits"),
        (["encode", "--out", "--event-id", "1", "--pts", "1", "--immediate"], "exclude"),
        (["encode", "--null", "--hex", "--xml"], "exclude"),
        (["encode", "/no/such/file"], "cannot be read: No such file"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(arguments: list[str], named: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert named in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    "data", ["{", "[]", "[" * 100_000, '{"command": {"type": "splice_null"}, "tier": 5000}', "1" * 9000]
)
def test_wrong_json_is_one_line_and_exit_2(data: str) -> None:
    result = run("encode", "-", stdin=data)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_cancelled_event_shows_nothing_it_has_not() -> None:
    names = [row.name for row in describe(scte35.cancel(5))]
    assert names[-2:] == ["splice_event_id", "splice_event_cancel_indicator"]
