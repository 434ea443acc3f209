"""Holds one cue, as values and as bytes, against a contract before it goes on air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ibe100.models.cues.contract import (
    AvailNumbering,
    Contract,
    ContractFinding,
    EventIdRule,
    Severity,
    SpliceInsertCommand,
    TimeSignalCommand,
)
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.faults import find_faults
from ibe100.scte35.section import decode
from ibe100.scte35.segmentation import segmentation_type_name, upid_type_name
from ibe100.scte35.values import (
    SegmentationDescriptor,
    SpliceCommand,
    SpliceInfoSection,
    SpliceInsert,
    SpliceNull,
    TimeSignal,
)

TICK_S = 1.5 / PTS_HZ


class CueValues(Protocol):
    """Values of a cue; `ibe100.models.scte35_marker.Cue` has them."""

    @property
    def splice_event_id(self) -> int | None: ...
    @property
    def duration_s(self) -> float | None: ...
    @property
    def pre_roll_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class _Announcement:
    """The break that a section announces, by whichever command."""

    event_id: int
    is_out: bool
    is_immediate: bool
    duration_s: float | None


def lint_cue(
    contract: Contract,
    cue: CueValues,
    section: bytes,
    *,
    previous_id: int | None = None,
    out_id: int | None = None,
) -> tuple[ContractFinding, ...]:
    """Findings against `contract` in `section`, about to be sent for `cue`; breaches first.

    `previous_id` is the event id of the stream's last break, `out_id` that of the break which this cue
    ends; None leaves the rule that needs it unchecked. A cue with a splice_time and pre_roll_s 0 was planned
    by wall clock: its pre-roll is not judged here.
    """
    try:
        values = decode(section)
    except SpliceDecodeError as error:
        do = "do not send it"
        return (ContractFinding.of(Severity.BREACH, "section", "a splice_info_section", str(error), do),)
    found = [
        ContractFinding.of(Severity.WARNING, "section", "what SCTE 35 says", str(fault), "have it made anew")
        for fault in find_faults(values)
    ]
    if values.tier != contract.tier:
        found.append(_breach("tier", f"0x{contract.tier:03X}", f"0x{values.tier:03X}"))
    if isinstance(values.command, SpliceNull):
        return tuple(found)
    found += _command(contract, values)
    announced = _announced(contract, values)
    if announced is not None:
        found += _event_id(contract, cue, announced, previous_id, out_id)
        found += _duration(contract, cue, announced)
        found += _pre_roll(contract, cue, announced)
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def _command(contract: Contract, section: SpliceInfoSection) -> list[ContractFinding]:
    asked, command = contract.command, section.command
    match asked, command:
        case SpliceInsertCommand(), SpliceInsert():
            return [] if command.splice_event_cancel_indicator else _splice_insert(contract, command)
        case TimeSignalCommand(), TimeSignal():
            return _segmentation(asked, section)
        case _:
            return [_breach("command.kind", asked.kind, _name(command))]


def _splice_insert(contract: Contract, command: SpliceInsert) -> list[ContractFinding]:
    found = []
    if contract.unique_program_id not in (None, command.unique_program_id):
        asked, has = str(contract.unique_program_id), str(command.unique_program_id)
        found.append(_breach("unique_program_id", asked, has))
    if command.break_duration is not None and command.out_of_network_indicator:
        asked_bit, has_bit = int(contract.auto_return), int(command.break_duration.auto_return)
        if asked_bit != has_bit:
            found.append(_breach("auto_return", str(asked_bit), str(has_bit)))
    number, expected = command.avail_num, command.avails_expected
    has = f"avail_num {number}, avails_expected {expected}"
    if contract.avail_numbering is AvailNumbering.NONE and (number or expected):
        found.append(_breach("avail_numbering", "both 0", has))
    if contract.avail_numbering is AvailNumbering.COUNTED and not 1 <= number <= expected:
        found.append(_breach("avail_numbering", "avail_num from 1 up to avails_expected", has))
    return found


def _segmentation(asked: TimeSignalCommand, section: SpliceInfoSection) -> list[ContractFinding]:
    types = (asked.start_type_id, asked.end_type_id)
    words = " or ".join(map(_type_words, types))
    descriptors = [one for one in section.descriptors if isinstance(one, SegmentationDescriptor)]
    if not descriptors:
        return [_breach("command.start_type_id", words, "no segmentation_descriptor")]
    live = [one for one in descriptors if not one.segmentation_event_cancel_indicator]
    fitting = [one for one in live if one.segmentation_type_id in types]
    if live and not fitting:
        has = ", ".join(_type_words(one.segmentation_type_id) for one in live)
        return [_breach("command.start_type_id", words, has)]
    return [
        _breach("command.upid_type", _upid_words(asked.upid_type), _upid_words(kind))
        for kind in (one.upid.segmentation_upid_type for one in fitting)
        if kind != asked.upid_type
    ]


def _announced(contract: Contract, section: SpliceInfoSection) -> _Announcement | None:
    """None for a cancellation, and for what the contract's command cannot be read from."""
    command = section.command
    if isinstance(command, SpliceInsert) and not command.splice_event_cancel_indicator:
        length = command.break_duration
        return _Announcement(
            command.splice_event_id,
            command.out_of_network_indicator,
            command.splice_immediate_flag,
            length.duration / PTS_HZ if length is not None else None,
        )
    if isinstance(command, TimeSignal) and isinstance(contract.command, TimeSignalCommand):
        types = (contract.command.start_type_id, contract.command.end_type_id)
        for one in section.descriptors:
            if isinstance(one, SegmentationDescriptor) and one.segmentation_type_id in types:
                ticks = one.segmentation_duration
                return _Announcement(
                    one.segmentation_event_id,
                    one.segmentation_type_id == contract.command.start_type_id,
                    section.splice_pts is None,
                    ticks / PTS_HZ if ticks else None,
                )
    return None


def _event_id(
    contract: Contract, cue: CueValues, announced: _Announcement, previous_id: int | None, out_id: int | None
) -> list[ContractFinding]:
    found, event_id = [], announced.event_id
    if cue.splice_event_id not in (None, event_id):
        found.append(_breach("section", f"event id {cue.splice_event_id} of the cue", str(event_id)))
    if not contract.event_id_first <= event_id <= contract.event_id_last:
        asked = f"event ids from {contract.event_id_first} to {contract.event_id_last}"
        found.append(_breach("event_id_first", asked, str(event_id)))
    is_rising = contract.event_id_rule is EventIdRule.RISING

    def rises_from(earlier: int) -> bool:
        rolls_over = (earlier, event_id) == (contract.event_id_last, contract.event_id_first)
        return event_id > earlier or rolls_over

    if announced.is_out:
        if previous_id is not None and not rises_from(previous_id):
            found.append(_breach("event_id_rule", f"an id above {previous_id}", str(event_id)))
    elif out_id is not None and is_rising and not rises_from(out_id):
        found.append(_breach("event_id_rule", f"a rising id, above {out_id}", str(event_id)))
    elif out_id is not None and not is_rising and event_id != out_id:
        found.append(_breach("event_id_rule", f"the id of the CUE-OUT, {out_id}", str(event_id)))
    return found


def _duration(contract: Contract, cue: CueValues, announced: _Announcement) -> list[ContractFinding]:
    has_s = announced.duration_s
    if not announced.is_out:
        if has_s is None:
            return []
        do = "leave it out"
        has = f"{has_s:g} s on the way back"
        return [ContractFinding.of(Severity.WARNING, "duration_default_s", "none on the way back", has, do)]
    found = []
    if has_s is None:
        limits = (contract.duration_min_s, contract.duration_max_s)
        if contract.durations_s or limits != (None, None):
            found.append(_breach("duration_min_s", "an announced duration", "none"))
    elif (why := contract.duration_fault(round(has_s, 4))) is not None:
        found.append(_breach("duration_min_s", why, f"{has_s:g} s"))
    if cue.duration_s is not None and (has_s is None or abs(cue.duration_s - has_s) > TICK_S):
        has = "none" if has_s is None else f"{has_s:g} s"
        found.append(_breach("section", f"the {cue.duration_s:g} s of the cue", has))
    return found


def _pre_roll(contract: Contract, cue: CueValues, announced: _Announcement) -> list[ContractFinding]:
    if not announced.is_immediate and cue.pre_roll_s == 0:
        return []
    lead_s = 0.0 if announced.is_immediate else cue.pre_roll_s
    if lead_s >= contract.pre_roll_min_s:
        return []
    # S35 §9.9.2.1 and the contracts speak of Out Points; a return may have to be quick.
    severity = Severity.BREACH if announced.is_out else Severity.NOTE
    has = "an immediate splice" if announced.is_immediate else f"{lead_s:g} s"
    do = f"give it {contract.pre_roll_default_s:g} s"
    asked = f"at least {contract.pre_roll_min_s:g} s of pre-roll"
    return [ContractFinding.of(severity, "pre_roll_min_s", asked, has, do)]


def _breach(field: str, asked: str, found: str) -> ContractFinding:
    return ContractFinding.of(Severity.BREACH, field, asked, found, "change the cue, or the contract")


def _name(command: SpliceCommand) -> str:
    """`SpliceInsert` as `splice_insert`."""
    name = type(command).__name__
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")


def _type_words(segmentation_type_id: int) -> str:
    return f"0x{segmentation_type_id:02X} {segmentation_type_name(segmentation_type_id)}"


def _upid_words(upid_type: int) -> str:
    return f"0x{upid_type:02X} {upid_type_name(upid_type)}"
