"""PSI sections (ISO/IEC 13818-1 clause 2.4.4, ETSI EN 300 468): PAT, PMT and SDT as values."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ibe100.mpegts.constants import (
    CUEI,
    PAT_TABLE_ID,
    PMT_TABLE_ID,
    REGISTRATION_TAG,
    SDT_ACTUAL_TABLE_ID,
    SDT_OTHER_TABLE_ID,
    SERVICE_TAG,
)
from ibe100.mpegts.descriptors import Descriptor, PsiError, encode_descriptors, iterate_descriptors
from ibe100.mpegts.dvb_text import decode_dvb_text
from ibe100.utils.crc import with_crc32


@dataclass(frozen=True, slots=True)
class Pat:
    """One section of a PAT; `programs` are (program_number, PMT PID) pairs, the NIT not among them."""

    transport_stream_id: int
    programs: tuple[tuple[int, int], ...]
    nit_pid: int | None = None
    version: int = 0
    current: bool = True
    section_number: int = 0
    last_section_number: int = 0

    @classmethod
    def parse(cls, section: bytes) -> "Pat":
        """Read a section whose CRC_32 is known to be right; raises PsiError."""
        body = _long_body(section, "PAT", PAT_TABLE_ID)
        if len(body) % 4:
            raise PsiError(f"PAT: a program loop of {len(body)} bytes is no multiple of 4")
        entries = [
            (body[at] << 8 | body[at + 1], (body[at + 2] & 0x1F) << 8 | body[at + 3])
            for at in range(0, len(body), 4)
        ]
        return cls(
            _word(section, 3),
            tuple(entry for entry in entries if entry[0]),
            next((pid for number, pid in entries if not number), None),
            section[5] >> 1 & 0x1F,
            bool(section[5] & 1),
            section[6],
            section[7],
        )

    def encode(self) -> bytes:
        """The section with its CRC_32; the NIT entry, if any, comes first."""
        entries = self.programs if self.nit_pid is None else ((0, self.nit_pid), *self.programs)
        body = b"".join(
            number.to_bytes(2, "big") + (0xE000 | pid).to_bytes(2, "big") for number, pid in entries
        )
        return _long_section(
            PAT_TABLE_ID,
            self.transport_stream_id,
            self.version,
            self.current,
            body,
            (self.section_number, self.last_section_number),
        )


@dataclass(frozen=True, slots=True)
class PmtStream:
    """One elementary stream of a PMT; in JSON the bytes of its descriptors are base64."""

    __pydantic_config__: ClassVar = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}
    stream_type: int
    pid: int
    descriptors: tuple[Descriptor, ...] = ()


@dataclass(frozen=True, slots=True)
class Pmt:
    """A TS_program_map_section; `pcr_pid` is 0x1FFF where the programme has no PCR."""

    program_number: int
    pcr_pid: int
    streams: tuple[PmtStream, ...]
    descriptors: tuple[Descriptor, ...] = ()
    version: int = 0
    current: bool = True

    @classmethod
    def parse(cls, section: bytes) -> "Pmt":
        """Read a section whose CRC_32 is known to be right; raises PsiError."""
        body = _long_body(section, "PMT", PMT_TABLE_ID)
        if len(body) < 4:
            raise PsiError("PMT: section too short")
        pcr_pid = _word(body, 0) & 0x1FFF
        info, at = _loop(body, 2, "PMT program_info")
        streams: list[PmtStream] = []
        while at < len(body):
            if at + 5 > len(body):
                raise PsiError("PMT: the stream loop is cut short")
            stream_type, pid = body[at], _word(body, at + 1) & 0x1FFF
            descriptors, at = _loop(body, at + 3, f"PMT ES_info of PID 0x{pid:04X}")
            streams.append(PmtStream(stream_type, pid, descriptors))
        version, current = section[5] >> 1 & 0x1F, bool(section[5] & 1)
        return cls(_word(section, 3), pcr_pid, tuple(streams), info, version, current)

    def encode(self) -> bytes:
        """The section with its CRC_32; raises PsiError where it would be longer than 1024 bytes."""
        parts = [(0xE000 | self.pcr_pid).to_bytes(2, "big"), _encode_loop(self.descriptors)]
        for stream in self.streams:
            parts.append(stream.stream_type.to_bytes(1, "big") + (0xE000 | stream.pid).to_bytes(2, "big"))
            parts.append(_encode_loop(stream.descriptors))
        return _long_section(PMT_TABLE_ID, self.program_number, self.version, self.current, b"".join(parts))

    def carries_cuei(self) -> bool:
        """True if program_info holds the registration descriptor "CUEI" (SCTE 35 clause 8.1)."""
        return any(tag == REGISTRATION_TAG and data[:4] == CUEI for tag, data in self.descriptors)


@dataclass(frozen=True, slots=True)
class SdtService:
    """One service of an SDT section."""

    service_id: int
    descriptors: tuple[Descriptor, ...] = ()
    running_status: int = 0
    free_ca_mode: bool = False
    eit_schedule: bool = False
    eit_present_following: bool = False

    @property
    def service_type(self) -> int | None:
        """service_type of the service_descriptor (table 89); None without one."""
        data = self._service_descriptor()
        return data[0] if data else None

    @property
    def provider(self) -> str:
        """service_provider_name; empty without a service_descriptor."""
        return self._names()[0]

    @property
    def name(self) -> str:
        """service_name; empty without a service_descriptor."""
        return self._names()[1]

    def _service_descriptor(self) -> bytes:
        return next((data for tag, data in self.descriptors if tag == SERVICE_TAG), b"")

    def _names(self) -> tuple[str, str]:
        data = self._service_descriptor()
        if len(data) < 3:
            return "", ""
        end = 2 + data[1]
        name_length = data[end] if end < len(data) else 0
        return decode_dvb_text(data[2:end]), decode_dvb_text(data[end + 1 : end + 1 + name_length])


@dataclass(frozen=True, slots=True)
class Sdt:
    """One section of a service_description_table; `actual` is table 0x42, otherwise 0x46."""

    transport_stream_id: int
    original_network_id: int
    services: tuple[SdtService, ...]
    version: int = 0
    current: bool = True
    actual: bool = True
    section_number: int = 0
    last_section_number: int = 0

    @classmethod
    def parse(cls, section: bytes) -> "Sdt":
        """Read a section whose CRC_32 is known to be right; raises PsiError."""
        body = _long_body(section, "SDT", SDT_ACTUAL_TABLE_ID, SDT_OTHER_TABLE_ID)
        if len(body) < 3:
            raise PsiError("SDT: section too short")
        services: list[SdtService] = []
        at = 3
        while at < len(body):
            if at + 5 > len(body):
                raise PsiError("SDT: the service loop is cut short")
            service_id, flags, status = _word(body, at), body[at + 2], body[at + 3]
            descriptors, at = _loop(body, at + 3, f"SDT service 0x{service_id:04X}")
            services.append(
                SdtService(
                    service_id,
                    descriptors,
                    status >> 5,
                    bool(status & 0x10),
                    bool(flags & 2),
                    bool(flags & 1),
                )
            )
        return cls(
            _word(section, 3),
            _word(body, 0),
            tuple(services),
            section[5] >> 1 & 0x1F,
            bool(section[5] & 1),
            section[0] == SDT_ACTUAL_TABLE_ID,
            section[6],
            section[7],
        )

    def encode(self) -> bytes:
        """The section with its CRC_32; raises PsiError where it would be longer than 1024 bytes."""
        parts = [self.original_network_id.to_bytes(2, "big") + b"\xff"]
        for service in self.services:
            flags = 0xFC | service.eit_schedule << 1 | service.eit_present_following
            status = service.running_status << 5 | service.free_ca_mode << 4
            parts.append(service.service_id.to_bytes(2, "big") + bytes((flags,)))
            parts.append(_encode_loop(service.descriptors, status << 8))
        table_id = SDT_ACTUAL_TABLE_ID if self.actual else SDT_OTHER_TABLE_ID
        return _long_section(
            table_id,
            self.transport_stream_id,
            self.version,
            self.current,
            b"".join(parts),
            (self.section_number, self.last_section_number),
        )


def _word(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def _long_body(section: bytes, table: str, *table_ids: int) -> bytes:
    """Bytes between last_section_number and CRC_32."""
    if len(section) < 12 or section[0] not in table_ids or not section[1] & 0x80:
        raise PsiError(f"{table}: not a section of this table")
    if 3 + (_word(section, 1) & 0x0FFF) != len(section):
        raise PsiError(f"{table}: section_length does not match its {len(section)} bytes")
    return section[8:-4]


def _long_section(
    table_id: int,
    table_id_extension: int,
    version: int,
    current: bool,
    body: bytes,
    numbers: tuple[int, int] = (0, 0),
) -> bytes:
    length = len(body) + 9
    if length > 1021:
        raise PsiError(f"table 0x{table_id:02X}: {length + 3} bytes do not fit in one section of 1024")
    # Bit 14 is '0' for the tables of 13818-1 and reserved (1) for those of EN 300 468.
    indicator = 0xB000 if table_id < 0x40 else 0xF000
    section = b"".join(
        (
            bytes((table_id,)),
            (indicator | length).to_bytes(2, "big"),
            table_id_extension.to_bytes(2, "big"),
            bytes((0xC0 | version << 1 | current, *numbers)),
            body,
        )
    )
    return with_crc32(section)


def _loop(body: bytes, at: int, what: str) -> tuple[tuple[Descriptor, ...], int]:
    """Descriptors of the loop whose 12-bit length is at `at`, and where the loop ends."""
    start = at + 2
    end = start + (_word(body, at) & 0x0FFF)
    if end > len(body):
        raise PsiError(f"{what}: the descriptor loop runs past the end of the section")
    return tuple(iterate_descriptors(body[start:end])), end


def _encode_loop(descriptors: Iterable[Descriptor], high_bits: int = 0xF000) -> bytes:
    loop = encode_descriptors(descriptors)
    return (high_bits | len(loop)).to_bytes(2, "big") + loop
