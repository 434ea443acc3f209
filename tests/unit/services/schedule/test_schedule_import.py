from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.cues.recurrence import Every
from ibe100.models.cues.schedule import After, At, ReturnPolicy
from ibe100.models.errors import ConfigurationError, OperatorError
from ibe100.services.schedule.export_rows import rows_of
from ibe100.services.schedule.import_rows import read_rows
from ibe100.services.schedule.raw_rows import COLUMNS
from ibe100.services.streams.which_stream import StreamNames
from ibe100.utils.long_work import Turns
from schedule_rig import NOON, Rig, Streams, at, schedule_rig

STREAMS = StreamNames(Streams().streams())
XMLTV = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tv SYSTEM "xmltv.dtd">
<tv>
  <channel id="News"><display-name>News</display-name></channel>
  <programme start="20261122130000 +0000" stop="20261122140000 +0000" channel="News">
    <title lang="en">Evening &amp; late</title>
    <ad-break offset="600" duration="PT2M"/>
    <ad-break start="20261122143000 +0100" stop="20261122143130 +0100"/>
    <ad-break start="20261122150000 +0000" duration="60"/>
    <ad-break duration="60"/>
  </programme>
  <programme start="20261122140000" channel="Nobody"><ad-break offset="0" duration="60"/></programme>
  <ad-break offset="0" duration="60"/>
</tv>
"""


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    (tmp_path / "data").mkdir()
    async with schedule_rig(tmp_path / "data") as rig:
        yield rig


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def utc(hour: int, minute: int, second: int = 0) -> float:
    return datetime(2026, 11, 22, hour, minute, second, tzinfo=UTC).timestamp()


async def test_a_csv_is_shown_first_row_by_row_and_stored_when_confirmed(rig: Rig, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "day.csv",
        "\ufeffstream;title;start;duration;returns;enabled;pre_roll;every_minutes;until;ref;after;offset\r\n"
        "News;First;2026-11-22T14:00:00+01:00;90;back_cue;yes;5;;;a;;\r\n"
        "\r\n"
        '2;"Two\r\nlines";2026-11-22T13:10:00Z;60;;;;;;;;\r\n'
        "sport;Series;2026-11-22 14:00;00:01:00;auto;no;;15;2026-11-22T20:00:00Z;;;\r\n"
        "news;Next;;30;;;;;;;a;120\r\n",
    )
    preview = await rig.schedule.preview_import(path, "Europe/Berlin")
    assert rig.schedule.list() == ()
    assert [(row.line, row.error) for row in preview.bad] == [
        (4, "row: title 'Two\\r\\nlines': control characters and line ends are not allowed")
    ]
    assert [row.line for row in preview.good] == [2, 6, 7]
    first, series, following = await rig.schedule.import_rows(preview)
    assert len(await rig.database.schedule.load(0)) == 3
    assert (first.when, first.returns, first.pre_roll_s) == (At(at=utc(13, 0)), ReturnPolicy.BACK_CUE, 5)
    assert series.when == Every(start=utc(13, 0), minutes=15, until=utc(20, 0))
    assert not series.enabled
    assert following.when == After(break_id=first.break_id, offset_s=120)
    assert following.planned_at == utc(13, 0) + 90 + 120


EXCEL = (
    "stream;title;start;duration;every_minutes;;\r\n"
    "News;Größe;22.11.2026 14:00;90,5;;;\r\n"
    "News;Series;22.11.2026 15:00:00;00:01:30,5;7,5;;\r\n"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("semicolons.csv", EXCEL.encode()),
        ("bom.csv", b"\xef\xbb\xbf" + EXCEL.encode()),
        ("named.csv", f"sep=;\r\n{EXCEL}".encode()),
        ("named_after_bom.csv", f"\ufeffsep=;\r\n{EXCEL}".encode()),
        ("tabs.txt", EXCEL.replace(";", "\t").encode()),
        ("tabs.tsv", EXCEL.replace(";", "\t").encode()),
        ("unicode_text.txt", EXCEL.replace(";", "\t").encode("utf-16")),
        ("named_tab.csv", ("sep=\t\r\n" + EXCEL.replace(";", "\t")).encode()),
    ],
)
async def test_a_csv_as_a_european_excel_writes_it_is_read(
    rig: Rig, tmp_path: Path, name: str, content: bytes
) -> None:
    preview = await rig.schedule.preview_import(write(tmp_path, name, content), "Europe/Berlin")
    assert preview.bad == ()
    first, series = (row.plan for row in preview.good)
    assert first is not None and series is not None
    assert (first.title, first.when, first.duration_s) == ("Größe", At(at=utc(13, 0)), 90.5)
    assert (series.when, series.duration_s) == (Every(start=utc(14, 0), minutes=7.5), 90.5)


async def test_rows_below_a_line_that_names_the_separator_keep_their_numbers(
    rig: Rig, tmp_path: Path
) -> None:
    path = write(tmp_path, "day.csv", "sep=;\nstream;start;duration\nNews;22/11/2026 14:00;60\n")
    preview = await rig.schedule.preview_import(path, "Europe/Berlin")
    assert [row.line for row in preview.bad] == [3]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("news,,2026-11-22T13:00:00Z,,00:01:30:12", "counts frames, and how many make a second is not known"),
        ("news,,2026-11-22T13:00:00Z,,00:01:30;12", "counts frames"),
        ('news,,2026-11-22T13:00:00Z,,"1,500"', "may be thousands or decimals"),
        ("news,,11/22/2026 13:00,,60", "does not say which is the day and which the month"),
        ("news,,2026-11-22 13:00:00:12,,60", "counts frames, which no date does"),
        ("news,,31.11.2026 13:00 UTC,,60", "cannot be read"),
        (",,2026-11-22T13:00:00Z,,60", "there is no stream ''; there are: 1 News, 2 Sport"),
        ("news,,2026-11-22T13:00:00Z,,", "duration is missing"),
        ("news,,2026-11-22T13:00:00Z,,-1", "duration: duration '-1' cannot be read"),
        ("news,,2026-11-22T13:00:00Z,,0", "duration_s 0.0: input should be greater than 0"),
        ("news,,2026-11-22T13:00:00Z,,90000", "duration_s 90000.0: input should be less than"),
        ("news,,2026-11-22 13:00,,60", "says no offset"),
        ("news,,,,60", "either start or after is needed"),
        ("news,,2026-11-22T13:00:00Z,a,60", "either start or after is needed"),
        ("news,,,nowhere,60", "'nowhere' is the ref of no good row above"),
        ("news,,,#77,60", "no planned break 77 to follow"),
        ("news,,2026-11-22T11:00:00Z,,60", "is past"),
        ("news,Next,2026-11-22T13:00:00Z,,60,7", "6 cells under 5 columns"),
        ('news,"Next"x,2026-11-22T13:00:00Z,,60', "what stands here is no CSV; look at its quotes"),
    ],
)
async def test_each_bad_row_says_what_is_wrong_and_spoils_no_other(
    rig: Rig, tmp_path: Path, row: str, words: str
) -> None:
    good = "news,Good,2026-11-22T13:00:00Z,,60\n"
    path = write(tmp_path, "day.csv", f"stream,title,start,after,duration\n{row}\n{good}")
    preview = await rig.schedule.preview_import(path)
    assert [(row.line, words in row.error) for row in preview.bad] == [(2, True)], preview.bad
    assert [row.line for row in preview.good] == [3]


async def test_a_quote_that_is_never_closed_costs_the_rows_it_holds(rig: Rig, tmp_path: Path) -> None:
    good = "news,Good,2026-11-22T13:00:00Z,60\n"
    path = write(tmp_path, "day.csv", f'stream,title,start,duration\n{good}news,"open,x,60\n{good}')
    preview = await rig.schedule.preview_import(path)
    assert [row.line for row in preview.good] == [2]
    assert [(row.line, "to line 4, is no CSV" in row.error) for row in preview.bad] == [(3, True)]


async def test_a_row_that_follows_a_bad_row_is_bad_as_well(rig: Rig, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "day.csv",
        "ref,stream,start,after,duration\na,news,2026-11-22T11:00:00Z,,60\n,news,,a,60\n",
    )
    preview = await rig.schedule.preview_import(path)
    assert [row.line for row in preview.bad] == [2, 3]
    assert "no planned break in row 2 to follow" in preview.bad[1].error


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("day.csv", "stream,when\n", "column 'when' is not known; columns are: ref, stream"),
        ("day.csv", "", "there is no header row"),
        ("day.csv", "stream,stream\n", "a column is there twice"),
        ("day.csv", 'stream,"start\n', "day.csv, line 1"),
        ("day.csv", b"stream,title\nnews,\xe9t\xe9\n", "is no UTF-8 text"),
        ("day.json", "{", "is no JSON"),
        ("day.json", "[" * 100_000, "is no JSON"),
        ("day.json", '[{"duration":' + "1" * 5000 + "}]", "is no JSON"),
        ("day.json", '{"stream": 1}', "a list of objects is expected"),
        ("day.xml", "<tv><programme></tv>", "is no XML"),
        ("day.xml", '<?xml version="1.0" encoding="none"?><tv/>', "is no XML"),
        ("day.xml", "<html/>", "a <tv> document is expected"),
        ("day.xml", '<!DOCTYPE tv [<!ENTITY a "aaaa">]><tv/>', "defines an entity"),
        ("day.xlsx", "PK", "none of .csv, .tsv, .txt, .json, .xml, .xmltv"),
        ("none.csv", None, "cannot be read: No such file"),
        ("day.csv", b"x" * (9 << 20), "longer than 8 MiB"),
    ],
)
async def test_a_file_that_is_none_is_refused_as_a_whole(
    rig: Rig, tmp_path: Path, name: str, content: str | bytes | None, words: str
) -> None:
    path = tmp_path / name if content is None else write(tmp_path, name, content)
    with pytest.raises(ConfigurationError, match=words):
        await rig.schedule.preview_import(path)


async def test_json_items_are_read_by_the_same_names(rig: Rig, tmp_path: Path) -> None:
    items = [
        {"stream": 1, "start": "2026-11-22T13:00:00Z", "duration": 30, "enabled": False, "title": None},
        {"stream": "news", "start": "2026-11-22T14:00:00Z", "duration": "1:00", "colour": "red"},
        ["news"],
        {"stream": ["news"]},
    ]
    preview = await rig.schedule.preview_import(write(tmp_path, "day.json", json.dumps(items)))
    (good,) = preview.good
    assert good.plan is not None
    assert (good.line, good.plan.duration_s, good.plan.enabled) == (1, 30, False)
    assert [(row.line, row.error.partition(";")[0]) for row in preview.bad] == [
        (2, "item 2: column 'colour' is not known"),
        (3, "an object is expected"),
        (4, "stream: text, a number or true/false is expected"),
    ]


async def test_ad_breaks_of_an_xmltv_file_are_read_with_their_programmes(rig: Rig, tmp_path: Path) -> None:
    preview = await rig.schedule.preview_import(write(tmp_path, "day.xml", XMLTV))
    plans = [row.plan for row in preview.good if row.plan is not None]
    assert [(plan.title, plan.when, plan.duration_s) for plan in plans] == [
        ("Evening & late 1", At(at=utc(13, 10)), 120),
        ("Evening & late 2", At(at=utc(13, 30)), 90),
    ]
    assert [(row.line, row.error) for row in preview.bad] == [
        (3, "line 9: 2026-11-22T15:00:00Z lies outside of its programme"),
        (4, "line 10: an ad-break has either start or offset"),
        (5, "there is no stream 'Nobody'; there are: 1 News, 2 Sport"),
        (6, "line 13: an ad-break stands in a programme"),
    ]


async def test_a_preview_tells_the_conflicts_of_its_rows_only(rig: Rig, tmp_path: Path) -> None:
    await rig.schedule.add(at(600))
    await rig.schedule.add(at(610))
    await rig.schedule.add(at(3600, title="Planned"))
    path = write(tmp_path, "day.csv", "stream,title,start,duration\nnews,Imported,2026-11-22T13:00:10Z,60\n")
    preview = await rig.schedule.preview_import(path)
    (finding,) = preview.findings
    assert finding.text.startswith("Imported")
    assert -2 in finding.break_ids


async def test_an_import_that_cannot_be_stored_as_a_whole_stores_nothing(rig: Rig, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "day.csv",
        "stream,start,duration\nnews,2026-11-22T12:01:00Z,9\nnews,2026-11-22T13:00:00Z,9\n",
    )
    preview = await rig.schedule.preview_import(path)
    rig.clocks.pass_by(120)
    with pytest.raises(OperatorError, match="is past"):
        await rig.schedule.import_rows(preview)
    assert rig.schedule.list() == await rig.database.schedule.load(0) == ()


@pytest.mark.parametrize("suffix", [".csv", ".json"])
async def test_what_is_exported_is_imported_as_the_same_plan(rig: Rig, tmp_path: Path, suffix: str) -> None:
    first = await rig.schedule.add(at(600.25, title='Say "go"; now, ünï', pre_roll_s=5.5))
    await rig.schedule.add(at(0, when=After(break_id=first.break_id, offset_s=0.5), enabled=False))
    await rig.schedule.add(at(0, when=Every(start=NOON + 60, minutes=7.5, until=NOON + 86_400)))
    await rig.schedule.look()
    exported = rows_of(rig.schedule.list(), STREAMS)
    planned = [one.plan for one in rig.schedule.list() if one.series_id is None]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(exported)
    path = write(tmp_path, f"day{suffix}", text.getvalue() if suffix == ".csv" else json.dumps(exported))
    await rig.schedule.remove([one.break_id for one in rig.schedule.list() if one.series_id is None])
    assert rig.schedule.list() == ()
    await rig.schedule.import_rows(await rig.schedule.preview_import(path))
    imported = [one.plan for one in rig.schedule.list() if one.series_id is None]
    # What follows another names it by the number it has now.
    (leader,) = (one.break_id for one in rig.schedule.list() if one.title == first.title)
    renamed = After(break_id=leader, offset_s=0.5)
    assert imported == [
        plan.model_copy(update={"when": renamed}) if plan.when.kind == "after" else plan for plan in planned
    ]


@given(st.binary(max_size=300), st.sampled_from((".csv", ".json", ".xml")))
def test_no_file_does_worse_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data)
    try:
        rows = list(read_rows(path, "", STREAMS, Turns()))
    except ConfigurationError:
        return
    assert all((row.plan is None) == bool(row.error) for row in rows)
