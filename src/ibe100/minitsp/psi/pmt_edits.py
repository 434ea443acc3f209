"""Changes to a PMT, from the options of tsp -P pmt."""

from dataclasses import replace
from typing import Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, parse_integer
from ibe100.mpegts.constants import REGISTRATION_TAG
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.psi import Pmt, PmtStream

_STREAM_IDENTIFIER: Final = 0x52
_CUE_IDENTIFIER: Final = 0x8A
_PRIVATE_DATA: Final = 0x06
_OF_ATSC: Final = {
    "ac3-atsc2dvb": (0x81, Descriptor(0x6A, b"\x00")),
    "eac3-atsc2dvb": (0x87, Descriptor(0x7A, b"\x00")),
}
"""Option -> stream_type of ATSC's sound, and the descriptor by which DVB tells it (EN 300 468 annex D)."""

PMT_OPTIONS: Final = (
    Option("ac3-atsc2dvb"),
    Option("add-pid", OptionKind.PAIR, "a", repeatable=True),
    Option("add-pid-registration", OptionKind.PAIR, repeatable=True),
    Option("add-programinfo-id", OptionKind.INTEGER, maximum=0xFFFF_FFFF),
    Option("add-registration", OptionKind.INTEGER_RANGE, repeatable=True, maximum=0xFFFF_FFFF),
    Option("add-stream-identifier"),
    Option("eac3-atsc2dvb"),
    Option("increment-version"),
    Option("move-pid", OptionKind.PAIR, "m", repeatable=True),
    Option("new-service-id", OptionKind.INTEGER, "i", maximum=0xFFFF),
    Option("new-version", OptionKind.INTEGER, "v", maximum=31),
    Option("pcr-pid", OptionKind.PID),
    Option("remove-descriptor", OptionKind.INTEGER_RANGE, repeatable=True, maximum=0xFF),
    Option("remove-pid", OptionKind.PID_RANGE, "r", repeatable=True),
    Option("remove-stream-type", OptionKind.INTEGER_RANGE, repeatable=True, maximum=0xFF),
    Option("set-cue-type", OptionKind.PAIR, repeatable=True),
    Option("set-stream-identifier", OptionKind.PAIR, repeatable=True),
    Option("sort-pids", OptionKind.TEXT),
)


def edit_pmt(pmt: Pmt, arguments: Arguments) -> Pmt:
    """The PMT with every change asked for."""
    return replace(
        pmt,
        streams=_edit_streams(pmt.streams, arguments),
        descriptors=_edit_program_info(pmt.descriptors, arguments),
        program_number=arguments.integer("new-service-id", pmt.program_number),
        pcr_pid=arguments.integer("pcr-pid", pmt.pcr_pid),
        version=_new_version(pmt.version, arguments),
    )


def order_of_pids(arguments: Arguments) -> list[int]:
    """The PIDs of --sort-pids. Raises OptionError."""
    words = arguments.text("sort-pids").replace(" ", "").split(",")
    return [parse_integer(word, "option --sort-pids") for word in words if word]


def _new_version(version: int, arguments: Arguments) -> int:
    if arguments.present("increment-version"):
        version = (version + 1) & 0x1F
    return arguments.integer("new-version", version)


def _edit_program_info(descriptors: tuple[Descriptor, ...], arguments: Arguments) -> tuple[Descriptor, ...]:
    removed = arguments.pids("remove-descriptor")
    kept = tuple(descriptor for descriptor in descriptors if descriptor.tag not in removed)
    identifiers = sorted(arguments.pids("add-registration"))
    if arguments.present("add-programinfo-id"):
        identifiers.append(arguments.integer("add-programinfo-id"))
    for identifier in identifiers:
        kept = _with_descriptor(kept, _registration(identifier))
    return kept


def _edit_streams(streams: tuple[PmtStream, ...], arguments: Arguments) -> tuple[PmtStream, ...]:
    removed_pids = arguments.pids("remove-pid")
    removed_types = arguments.pids("remove-stream-type")
    moved = dict(arguments.pairs("move-pid"))
    by_pid = {
        moved.get(stream.pid, stream.pid): replace(stream, pid=moved.get(stream.pid, stream.pid))
        for stream in streams
        if stream.pid not in removed_pids and stream.stream_type not in removed_types
    }
    for pid, stream_type in arguments.pairs("add-pid"):
        present = by_pid.get(pid, PmtStream(stream_type, pid))
        by_pid[pid] = replace(present, stream_type=stream_type)
    removed_tags = arguments.pids("remove-descriptor")
    for pid, stream in by_pid.items():
        kept = tuple(one for one in stream.descriptors if one.tag not in removed_tags)
        by_pid[pid] = replace(stream, descriptors=kept)
    for pid, descriptor in _stream_descriptors(tuple(by_pid), arguments):
        if pid in by_pid:
            stream = by_pid[pid]
            by_pid[pid] = replace(stream, descriptors=_with_descriptor(stream.descriptors, descriptor))
    for option, (stream_type, descriptor) in _OF_ATSC.items():
        for pid, stream in by_pid.items():
            if arguments.present(option) and stream.stream_type == stream_type:
                there = any(one.tag == descriptor.tag for one in stream.descriptors)
                told = stream.descriptors if there else (*stream.descriptors, descriptor)
                by_pid[pid] = replace(stream, stream_type=_PRIVATE_DATA, descriptors=told)
    first = [pid for pid in order_of_pids(arguments) if pid in by_pid]
    return tuple(by_pid[pid] for pid in dict.fromkeys((*first, *by_pid)))


def _stream_descriptors(pids: tuple[int, ...], arguments: Arguments) -> list[tuple[int, Descriptor]]:
    """Descriptors to add, with the PID of their stream, in the order of the options' names."""
    additions = [(pid, _registration(value)) for pid, value in arguments.pairs("add-pid-registration")]
    if arguments.present("add-stream-identifier"):
        additions += [
            (pid, Descriptor(_STREAM_IDENTIFIER, bytes((tag,)))) for tag, pid in enumerate(pids[:256])
        ]
    additions += [
        (pid, Descriptor(_CUE_IDENTIFIER, bytes((kind & 0xFF,))))
        for pid, kind in arguments.pairs("set-cue-type")
    ]
    additions += [
        (pid, Descriptor(_STREAM_IDENTIFIER, bytes((tag & 0xFF,))))
        for pid, tag in arguments.pairs("set-stream-identifier")
    ]
    return additions


def _registration(identifier: int) -> Descriptor:
    return Descriptor(REGISTRATION_TAG, identifier.to_bytes(4, "big"))


def _with_descriptor(descriptors: tuple[Descriptor, ...], added: Descriptor) -> tuple[Descriptor, ...]:
    """Registrations pile up, unless the same one is there; of other tags the new one replaces the old."""
    if added in descriptors:
        return descriptors
    if added.tag != REGISTRATION_TAG:
        descriptors = tuple(one for one in descriptors if one.tag != added.tag)
    return (*descriptors, added)
