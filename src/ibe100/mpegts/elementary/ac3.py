"""Syncframes of AC-3 and E-AC-3 (ATSC A/52, ETSI TS 102 366)."""

from ibe100.mpegts.elementary.bits import BitReader
from ibe100.mpegts.elementary.formats import AudioFormat

_AC3_RATES = (48000, 44100, 32000)
_AC3_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
# acmod (A/52 table 5.8): full-bandwidth channels and their layout.
_AC3_MODES = (
    (2, "1+1"),
    (1, "mono"),
    (2, "stereo"),
    (3, "3/0"),
    (3, "2/1"),
    (4, "3/1"),
    (4, "2/2"),
    (5, "3/2"),
)
# bsmod (A/52 table 5.7).
_SERVICES = (
    *("complete main", "music and effects", "visually impaired", "hearing impaired"),
    *("dialogue", "commentary", "emergency"),
)
DOLBY_SURROUND = "Dolby surround"
_HEADER_BYTES = 64


def ac3_format(stream: bytes) -> AudioFormat | None:
    """Format from the first AC-3 or E-AC-3 syncframe (ATSC A/52 clauses 5.3, E.1.2)."""
    at = stream.find(b"\x0b\x77")
    while at >= 0 and at + 8 <= len(stream):
        bsid = stream[at + 5] >> 3
        found = None
        if bsid <= 10:
            found = _ac3_frame(stream[at : at + 8], bsid)
        elif bsid <= 16:
            found = _eac3_frame(stream[at + 2 : at + _HEADER_BYTES], bsid)
        if found is not None:
            return found
        at = stream.find(b"\x0b\x77", at + 1)
    return None


def _ac3_frame(frame: bytes, bsid: int) -> AudioFormat | None:
    rate_code, size_code = frame[4] >> 6, frame[4] & 0x3F
    if rate_code == 3 or size_code // 2 >= len(_AC3_KBPS):
        return None
    bits = BitReader(frame[5:8])
    bits.skip(5)
    service, mode = bits.u(3), bits.u(3)
    if mode & 1 and mode != 1:
        bits.skip(2)
    if mode & 4:
        bits.skip(2)
    surround = mode == 2 and bits.u(2) == 2
    channels, layout = _ac3_layout(mode, bits.flag())
    halved = 1 << max(bsid - 8, 0)
    details = (*((DOLBY_SURROUND,) if surround else ()), _service(service, mode), f"bsid {bsid}")
    return AudioFormat(
        "AC-3",
        _AC3_RATES[rate_code] // halved,
        channels,
        layout,
        bitrate_bps=_AC3_KBPS[size_code // 2] * 1000 // halved,
        details=details,
    )


def _service(code: int, mode: int) -> str:
    if code < len(_SERVICES):
        return _SERVICES[code]
    return "voice over" if mode == 1 else "karaoke"


def _eac3_frame(header: bytes, bsid: int) -> AudioFormat | None:
    bits = BitReader(header)
    stream_kind = bits.u(2)
    bits.skip(3 + 11)
    rate_code, second_code = bits.u(2), bits.u(2)
    if rate_code == 3 == second_code:
        return None
    rate = _AC3_RATES[second_code] // 2 if rate_code == 3 else _AC3_RATES[rate_code]
    blocks = 6 if rate_code == 3 else (1, 2, 3, 6)[second_code]
    mode, low_frequency = bits.u(3), bits.flag()
    channels, layout = _ac3_layout(mode, low_frequency)
    try:
        service = _eac3_service(bits, stream_kind, blocks, mode, low_frequency)
    except ValueError:  # the frame is cut short before it says
        service = 0
    return AudioFormat("E-AC-3", rate, channels, layout, details=(_service(service, mode), f"bsid {bsid}"))


def _eac3_service(bits: BitReader, stream_kind: int, blocks: int, mode: int, low_frequency: bool) -> int:
    """bsmod, behind all that may stand before it (ETSI TS 102 366 clause E.1.2.2); 0 where it is left out."""
    bits.skip(5 + 5)
    _skip_if(bits, 8)
    if mode == 0:
        bits.skip(5)
        _skip_if(bits, 8)
    if stream_kind == 1:
        _skip_if(bits, 16)
    if bits.flag():
        _skip_mixing(bits, stream_kind, blocks, mode, low_frequency)
    return bits.u(3) if bits.flag() else 0


def _skip_mixing(bits: BitReader, stream_kind: int, blocks: int, mode: int, low_frequency: bool) -> None:
    if mode > 2:
        bits.skip(2 + (6 if mode & 1 else 0))
    if mode & 4:
        bits.skip(6)
    if low_frequency:
        _skip_if(bits, 5)
    if stream_kind:
        return
    _skip_if(bits, 6)
    if mode == 0:
        _skip_if(bits, 6)
    _skip_if(bits, 6)
    definition = bits.u(2)
    if definition == 3:
        bits.skip(8 * (bits.u(5) + 2))
    else:
        bits.skip((0, 5, 12)[definition])
    if mode < 2:
        _skip_if(bits, 14)
        if mode == 0:
            _skip_if(bits, 14)
    if bits.flag():
        if blocks == 1:
            bits.skip(5)
        else:
            for _ in range(blocks):
                _skip_if(bits, 5)


def _skip_if(bits: BitReader, count: int) -> None:
    """A flag, and what it announces."""
    if bits.flag():
        bits.skip(count)


def _ac3_layout(mode: int, low_frequency: bool) -> tuple[int, str]:
    channels, layout = _AC3_MODES[mode]
    if mode == 7:
        layout = "5.1" if low_frequency else "5.0"
    elif low_frequency:
        layout += " + LFE"
    return channels + low_frequency, layout
