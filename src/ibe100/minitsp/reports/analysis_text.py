"""The analysis of a stream as text (tsp -P analyze), laid out in the grid that tsp draws.

It is made of the values of the analysis in JSON, so that both tell the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_WIDTH: Final = 73
_COLUMNS: Final = (24, 24, 21)
_USAGE_WIDTH: Final = 44
_FIRST_FREE_PID: Final = 0x20
_TABLE_NAMES: Final = {
    0x00: "PAT",
    0x01: "CAT",
    0x02: "PMT",
    0x03: "TSDT",
    0x40: "NIT Actual",
    0x41: "NIT Other",
    0x42: "SDT Actual",
    0x46: "SDT Other",
    0x4A: "BAT",
    0x4E: "EIT p/f Actual",
    0x4F: "EIT p/f Other",
    **dict.fromkeys(range(80, 96), "EIT schedule Actual"),
    **dict.fromkeys(range(96, 112), "EIT schedule Other"),
    0x70: "TDT",
    0x71: "RST",
    0x72: "Stuffing",
    0x73: "TOT",
    0x7E: "DIT",
    0x7F: "SIT",
    0xFC: "SCTE 35 Splice Information",
}
_STREAM_IDS: Final = {0xBD: "Private stream 1", 0xBE: "Padding stream", 0xBF: "Private stream 2"}
_CLOCKS: Final = ("pcr", "pts", "dts")

Values = Mapping[str, Any]
"""An object of the analysis in JSON."""


@dataclass(frozen=True, slots=True)
class PidWords:
    """A PID in words: what it is, with its languages, and what its headers tell."""

    title: str
    details: str = ""


def analysis_text(analysis: Values, words: Mapping[int, PidWords], jumps: Mapping[int, int]) -> str:
    """The whole report, of an analysis as analysis_json makes it.

    `words` of the PIDs of streams; `jumps`: packets with discontinuity_indicator by PID.
    """
    title = analysis.get("title", "")
    services = {one["id"]: one for one in analysis.get("services", ())}
    parts = (
        ("TRANSPORT STREAM ANALYSIS REPORT", _stream(analysis)),
        ("SERVICES ANALYSIS REPORT", _services(analysis)),
        ("PIDS ANALYSIS REPORT", _pids(analysis, services, words, jumps)),
        ("TABLES & SECTIONS ANALYSIS REPORT", _tables(analysis, services, words)),
    )
    lines = [line for name, rows in parts for line in _frame(name, title, rows)]
    return "\n".join(lines)


def _frame(name: str, title: str, rows: Iterator[str]) -> Iterator[str]:
    edge = "=" * (_WIDTH + 6)
    yield from ("", edge, _row(f"{name}{title:>{_WIDTH - len(name)}}"))
    for row in rows:
        yield f"|{row * (_WIDTH + 4)}|" if row in ("=", "-") else _row(row)
    yield from (edge, "")


def _row(text: str) -> str:
    return f"|  {text[:_WIDTH]:<{_WIDTH}}  |"


def _dotted(name: str, value: object, width: int) -> str:
    """`name`, dots and `value` in `width` characters; the dots give way, and then the width."""
    shown = f"{value:,}" if isinstance(value, int) else str(value)
    return f"{name} {'.' * max(1, width - len(name) - len(shown) - 2)} {shown}"


def _rate(bps: int, unknown: str = "Unknown") -> str:
    return f"{bps:,} b/s" if bps else unknown


def _number(value: int, digits: int = 4) -> str:
    return f"0x{value:0{digits}X} ({value})"


def _stream(analysis: Values) -> Iterator[str]:
    stream = analysis["ts"]
    packets, pids = stream["packets"], stream["pids"]
    left = (
        ("Transport Stream Id:", _number(stream["id"]) if "id" in stream else "Unknown"),
        ("Bytes:", stream["bytes"]),
        ("TS packets:", packets["total"]),
        ("   With invalid sync:", packets["invalid-syncs"]),
        ("   With transport error:", packets["transport-errors"]),
        ("   Suspect and ignored:", packets["suspect-ignored"]),
    )
    right = (
        ("Services:", stream["services"]["total"]),
        ("PID's: Total:", pids["total"]),
        ("       Clear:", pids["clear"]),
        ("       Scrambled:", pids["scrambled"]),
        ("       With PCR's:", pids["pcr"]),
        ("       Unreferenced:", pids["unreferenced"]),
    )
    yield "="
    for one, other in zip(left, right, strict=True):
        yield f"{_dotted(*one, 42)}  |  {_dotted(*other, 26)}"
    yield "-"
    yield f"{_dotted('Transport stream bitrate, based on', '188 bytes/pkt', 56)}{'204 bytes/pkt':>17}"
    rates = (
        ("User-specified:", "user-bitrate", "None", "None"),
        ("Estimated based on PCR's:", "pcr-bitrate", "Unknown", "Unknown"),
        ("Selected reference bitrate:", "bitrate", "Unknown", "None"),
    )
    for name, key, without, without_204 in rates:
        of_204 = _rate(stream[f"{key}-204"], without_204)
        yield f"{_dotted(name, _rate(stream[key], without), 56)}{of_204:>17}"
    yield "-"
    minutes, seconds = divmod(stream["duration"], 60)
    time = f"{stream['duration']} sec ({minutes} min {seconds} sec)" if stream["bitrate"] else "Unknown"
    yield _dotted("Broadcast time:", time, _WIDTH)
    yield "-"
    yield _usage("Srv Id", "Service Name", "Access", "Bitrate")
    for service in analysis.get("services", ()):
        yield _usage_of(f"0x{service['id']:04X}", service["name"], service)
    yield ""
    yield "Note 1: C=Clear, S=Scrambled"
    yield "Note 2: Unless specified otherwise, bitrates are based on 188 bytes/pkt"


def _usage(name: str, usage: str, access: str, rate: str) -> str:
    return f"{name:>6}  {usage:<{_USAGE_WIDTH - 2}}{access:<8}{rate:>15}"


def _usage_of(name: str, usage: str, one: Values) -> str:
    """A line about a service or PID: its name, access and bitrate."""
    dots = "." * (_USAGE_WIDTH + 1 - len(usage))
    shared = "+" if one.get("service-count", 0) > 1 else ""
    access = f"{'S' if one['is-scrambled'] else 'C'}{shared}"
    padded = f"{usage} {dots}" if dots else usage[: _USAGE_WIDTH + 1]
    return f"{name:>6}  {padded:<{_USAGE_WIDTH + 2}} {access:<2}{_rate(one['bitrate']):>16}"


def _services(analysis: Values) -> Iterator[str]:
    pids = {one["id"]: one for one in analysis.get("pids", ())}
    common = analysis["ts"]["pids"]["global"]
    yield "="
    yield "Global PID's"
    yield _counts(common["packets"], common)
    yield from _listed("Global PID's", common, common.get("pids", ()), pids, note=False)
    unreferenced = [one for one in pids.values() if one["unreferenced"] and one["packets"]["total"]]
    if unreferenced:
        packets = sum(one["packets"]["total"] for one in unreferenced)
        scrambled = sum(one["is-scrambled"] for one in unreferenced)
        clear = len(unreferenced) - scrambled
        together = {
            "total": len(unreferenced),
            "clear": clear,
            "scrambled": scrambled,
            "is-scrambled": scrambled > 0,
            "bitrate": sum(one["bitrate"] for one in unreferenced),
        }
        yield "="
        yield "Unreferenced PID's"
        yield _counts(packets, together)
        yield from _listed(
            "Unreferenced PID's", together, [one["id"] for one in unreferenced], pids, note=False
        )
    for service in analysis.get("services", ()):
        yield "="
        stream = _number(service["tsid"]) if "tsid" in service else "Unknown"
        network_id = service.get("original-network-id")
        network = "" if network_id is None else f", Original Netw: {_number(network_id)}"
        yield f"Service: {_number(service['id'])}, TS: {stream}{network}"
        yield f"Service name: {service['name']}, provider: {service['provider']}"
        yield f"Service type: 0x{service['type']:02X} ({service['type-name']})"
        yield _counts(service["packets"], service["components"])
        pcr = _number(service["pcr-pid"]) if "pcr-pid" in service else "None"
        yield f"PMT PID: {_number(service['pmt-pid'])}, PCR PID: {pcr}"
        yield from _listed(service["type-name"], service, service["pids"], pids, note=True)


def _counts(packets: int, pids: Values) -> str:
    kinds = f"clear: {pids['clear']}, scrambled: {pids['scrambled']}"
    return f"TS packets: {packets:,}, PID's: {pids['total']} ({kinds})"


def _listed(
    name: str, total: Values, listed: Sequence[int], pids: Mapping[int, Values], *, note: bool
) -> Iterator[str]:
    yield "-"
    yield _usage("PID", "Usage", "Access", "Bitrate")
    yield _usage_of("Total", name, total)
    tables = [pids[pid] for pid in listed if pid < _FIRST_FREE_PID]
    if not note and tables:
        scrambled = any(one["is-scrambled"] for one in tables)
        together = {"is-scrambled": scrambled, "bitrate": sum(one["bitrate"] for one in tables)}
        yield _usage_of("Subt.", "Global PSI/SI PID's (0x00-0x1F)", together)
    for pid in listed:
        if pid in pids:
            yield _usage_of(f"0x{pid:04X}", pids[pid]["description"], pids[pid])
    if note:
        yield f"{'':8}(C=Clear, S=Scrambled, +=Shared)"


def _about_pid(pid: int, words: Mapping[int, PidWords], pids: Mapping[int, Values]) -> str:
    name = f"PID: {_number(pid)}"
    title = words[pid].title if pid in words else pids[pid]["description"] if pid in pids else ""
    return f"{name}{title:>{_WIDTH - len(name)}}"


def _service_lines(one: Values, services: Mapping[int, Values]) -> Iterator[str]:
    for service_id in one.get("services", ()):
        yield f"Service: {_number(service_id)} {services[service_id]['name']}"


def _pids(
    analysis: Values,
    services: Mapping[int, Values],
    words: Mapping[int, PidWords],
    jumps: Mapping[int, int],
) -> Iterator[str]:
    pids = {one["id"]: one for one in analysis.get("pids", ())}
    rate = analysis["ts"]["bitrate"]
    for pid, one in pids.items():
        packets = one["packets"]
        if not packets["total"]:
            continue
        yield "="
        yield _about_pid(pid, words, pids)
        if (stream_id := one.get("pes-stream-id")) is not None:
            yield f"PES stream id: 0x{stream_id:02X} ({_stream_id_name(stream_id)})"
        if pid in words and words[pid].details:
            yield words[pid].details
        yield from _service_lines(one, services)
        yield "-"
        kind = "Shared PID" if one["service-count"] > 1 else "Single Service PID"
        if not one["service-count"]:
            kind = "Unreferenced PID" if one["unreferenced"] else "Global PID"
        pes = "pes" in one
        scrambled = one["is-scrambled"]
        yield _columns(kind, "Transport:", "Discontinuities:")
        yield _columns(
            ("Bitrate:", _rate(one["bitrate"])),
            ("Packets:", packets["total"]),
            ("Expected:", jumps.get(pid, 0)),
        )
        yield _columns(
            ("Access:", "Scrambled" if scrambled else "Clear"),
            ("Adapt.F.:", packets["af"]),
            ("Unexpect:", packets["discontinuities"]),
        )
        yield _columns(
            ("Crypto-Per:", "Unknown") if scrambled else "",
            ("Duplicated:", packets["duplicated"]),
            "PES:" if pes else "Sections:",
        )
        yield _columns(
            ("Inv.scramb.:", packets["invalid-scrambling"]) if scrambled else "",
            ("TSrate:", _rate(rate)) if packets["pcr"] and rate else "",
            ("Packets:", one["pes"]) if pes else ("Unit start:", one["unit-start"]),
        )
        if pes:
            yield _columns("", "", ("Inv.Start:", one["invalid-pes-prefix"]))
        yield from _clocks(one)


def _clocks(one: Values) -> Iterator[str]:
    packets = one["packets"]
    present = [name for name in _CLOCKS if packets[name]]
    if not present:
        return
    yield "Clock values range:"
    for label, key in (("", ""), ("from", "first-"), ("to", "last-"), ("Leaps:", "-leap")):
        cells: list[str | tuple[str, object]] = []
        for name in _CLOCKS:
            if name not in present:
                cells.append("")
            elif not label:
                cells.append((f"{name.upper()}:", packets[name]))
            else:
                value = packets[f"{name}-leap"] if key == "-leap" else one[f"{key}{name}"]
                cells.append((label, value))
        yield _columns(*cells)


def _columns(*cells: str | tuple[str, object]) -> str:
    shown = [
        cell if isinstance(cell, str) else _dotted(*cell, width)
        for cell, width in zip(cells, _COLUMNS, strict=True)
    ]
    return "  ".join(f"{text:<{width}}" for text, width in zip(shown, _COLUMNS, strict=True))


def _stream_id_name(stream_id: int) -> str:
    if 0xC0 <= stream_id < 0xE0:
        return f"Audio {stream_id & 0x1F}"
    if 0xE0 <= stream_id < 0xF0:
        return f"Video {stream_id & 0x0F}"
    return _STREAM_IDS.get(stream_id, "Extended stream id" if stream_id == 0xFD else "unknown")


def _tables(analysis: Values, services: Mapping[int, Values], words: Mapping[int, PidWords]) -> Iterator[str]:
    pids = {one["id"]: one for one in analysis.get("pids", ())}
    last_pid = None
    for table in analysis.get("tables", ()):
        pid = table["pid"]
        if pid != last_pid:
            last_pid = pid
            yield "="
            yield _about_pid(pid, words, pids)
            if pid in pids:
                yield from _service_lines(pids[pid], services)
        yield "-"
        name = _TABLE_NAMES.get(table["tid"], "unknown")
        extension = f", TID ext: {_number(table['tid-ext'])}" if "tid-ext" in table else ""
        yield f"0x{table['tid']:02X} ({table['tid']}, {name}){extension}"
        unit = "ms" if "repetition-ms" in table else "pkt"
        rows = (
            ("Repetition:", "repetition"),
            ("Min repet.:", "min-repetition"),
            ("Max repet.:", "max-repetition"),
        )
        counts: list[tuple[str, object]] = [("Section cnt:", table["sections"])]
        if "tid-ext" in table:
            versions = ", ".join(map(str, table["versions"]))
            counts += [
                ("Table cnt:", table["tables"]),
                ("Version:" if len(table["versions"]) == 1 else "Versions:", versions),
            ]
        for at, (label, key) in enumerate(rows):
            count = _dotted(*counts[at], 23) if at < len(counts) else ""
            interval = f"{table[f'{key}-{unit}']}  {unit}"
            yield f"    {_dotted(label, interval, 25)}  {count}"
