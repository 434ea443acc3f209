"""Faults of a transport stream, each made of the packets of a datagram; for `live_rig.LiveSender`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ibe100.mpegts import packet
from ibe100.mpegts.constants import NULL_PID
from ibe100.mpegts.psi import Pmt
from ibe100.mpegts.timestamps import PTS_MODULO, decode_timestamp
from live_rig import AUDIO_PID, Packets, Spoil
from packet_fields import encode_timestamp, payload_offset, pcr_values

PMT_PID = 0x1000
VIDEO_PID = 0x100
PTS_PER_S = 90_000


def without_pid(*pids: int) -> Spoil:
    """Null packets in the place of these PIDs."""
    null = np.frombuffer(packet.null_packet(), np.uint8)

    def spoil(packets: Packets) -> Packets:
        packets[np.isin(packet.pids(packets), pids)] = null
        return packets

    return spoil


def lossy(packets: Packets) -> Packets:
    """Every sixteenth packet lost."""
    lost = (packet.pids(packets) != NULL_PID) & (packets[:, 3] & 0x0F == 0)
    return packets[~lost]


def full(packets: Packets) -> Packets:
    """No null packets."""
    return packets[packet.pids(packets) != NULL_PID]


def without_sync(packets: Packets) -> Packets:
    """Nothing that looks like packets."""
    packets[:, 0] = 0
    return packets


def scrambled(packets: Packets) -> Packets:
    """Sound under the even key."""
    packets[packet.pids(packets) == AUDIO_PID, 3] |= 0x80
    return packets


def collapsed() -> Spoil:
    """Null packets and most of the picture are gone, as when an encoder has nothing to encode.

    What begins a PES packet or carries a PCR is left, and counted on without a gap.
    """
    counter = 0

    def spoil(packets: Packets) -> Packets:
        nonlocal counter
        pids = packet.pids(packets)
        clocked, _ = pcr_values(packets)
        kept = (pids != NULL_PID) & (pids != VIDEO_PID)
        kept[clocked] = True
        kept |= (pids == VIDEO_PID) & packet.payload_unit_starts(packets)
        for row in np.flatnonzero(kept & (pids == VIDEO_PID)):
            counter += bool(packets[row, 3] & 0x10)
            packets[row, 3] = (packets[row, 3] & 0xF0) | counter % 16
        return packets[kept]

    return spoil


def without_pcr(packets: Packets) -> Packets:
    """PCR_flag cleared: its bytes become stuffing."""
    rows, _ = pcr_values(packets)
    packets[rows, 5] &= 0xEF
    packets[rows, 6:12] = 0xFF
    return packets


def without_pts(packets: Packets) -> Packets:
    """PTS_DTS_flags cleared in every PES header."""
    for row in _pes_rows(packets):
        at = payload_offset(packets[row])
        length = int(packets[row, at + 8])
        packets[row, at + 7] &= 0x3F
        packets[row, at + 9 : at + 9 + length] = 0xFF
    return packets


def later_by(seconds: float) -> Spoil:
    """PTS, DTS and PCR jump ahead together, as when the source is switched."""
    ticks = round(seconds * PTS_PER_S)

    def spoil(packets: Packets) -> Packets:
        rows, values = pcr_values(packets)
        for row, value in zip(rows, values, strict=True):
            base, extension = divmod(int(value), 300)
            field = ((base + ticks) % PTS_MODULO) << 15 | 0x7E00 | extension
            packets[row, 6:12] = list(field.to_bytes(6, "big"))
        for row in _pes_rows(packets):
            at = payload_offset(packets[row]) + 9
            for place in range(at, at + 5 * _timestamps(packets[row]), 5):
                _shift(packets[row, place : place + 5], ticks)
        return packets

    return spoil


def pmt_without_sound(packets: Packets) -> Packets:
    """The PMT under its next version, without the sound."""
    for row in np.flatnonzero(packet.pids(packets) == PMT_PID):
        data = packets[row].tobytes()
        section = packet.payload(data)[1:]
        length = 3 + int.from_bytes(section[1:3], "big") % 0x1000
        pmt = Pmt.parse(section[:length])
        kept = tuple(stream for stream in pmt.streams if stream.pid != AUDIO_PID)
        changed = replace(pmt, version=(pmt.version + 1) % 32, streams=kept).encode()
        made = packet.packetize_section(changed, PMT_PID, data[3] & 0x0F)[0]
        packets[row] = np.frombuffer(made, np.uint8)
    return packets


def _pes_rows(packets: Packets) -> list[int]:
    media = np.isin(packet.pids(packets), (VIDEO_PID, AUDIO_PID))
    return [int(row) for row in np.flatnonzero(media & packet.payload_unit_starts(packets))]


def _timestamps(row: Packets) -> int:
    at = payload_offset(row)
    return {2: 1, 3: 2}.get(int(row[at + 7]) >> 6, 0)


def _shift(field: Packets, ticks: int) -> None:
    later = (decode_timestamp(field.tobytes()) + ticks) % PTS_MODULO
    field[:] = np.frombuffer(encode_timestamp(later, int(field[0]) >> 4), np.uint8)
