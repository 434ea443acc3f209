"""A whole PAT as one value, and the sections it makes."""

from dataclasses import dataclass
from typing import Final

from ibe100.mpegts.psi import Pat
from ibe100.mpegts.table_assembler import Table

_MOST_PROGRAMS: Final = 253


@dataclass(frozen=True, slots=True)
class Programs:
    """`pmt_pids` by program_number; `nit_pid` None where the PAT names none."""

    transport_stream_id: int
    version: int
    pmt_pids: dict[int, int]
    nit_pid: int | None = None

    @classmethod
    def of(cls, table: Table) -> "Programs":
        """All sections together. Raises PsiError."""
        parts = [Pat.parse(section) for section in table.sections]
        pmt_pids = {number: pid for part in parts for number, pid in part.programs}
        nit_pid = next((part.nit_pid for part in parts if part.nit_pid is not None), None)
        return cls(parts[0].transport_stream_id, parts[0].version, pmt_pids, nit_pid)

    def sections(self) -> list[bytes]:
        """Sections in the order of program_number, as full as they can be; the NIT comes first."""
        programs = sorted(self.pmt_pids.items())
        first_size = _MOST_PROGRAMS - (self.nit_pid is not None)
        groups = [programs[:first_size]]
        groups += [
            programs[at : at + _MOST_PROGRAMS] for at in range(first_size, len(programs), _MOST_PROGRAMS)
        ]
        return [
            Pat(
                self.transport_stream_id,
                tuple(group),
                None if number else self.nit_pid,
                self.version,
                section_number=number,
                last_section_number=len(groups) - 1,
            ).encode()
            for number, group in enumerate(groups)
        ]
