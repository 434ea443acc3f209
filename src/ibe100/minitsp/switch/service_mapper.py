"""Packets of one input brought to the layout that the output has: service, PIDs, versions of the tables."""

import threading
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel, Packets
from ibe100.minitsp.psi.psi_rewriter import PsiRewriter
from ibe100.minitsp.switch.service_layout import ServiceLayout, ServiceMap, map_service, service_of
from ibe100.mpegts.constants import NULL_PID, PAT_PID, PAT_TABLE_ID, PID_COUNT, PMT_TABLE_ID
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.packet import Flags
from ibe100.mpegts.psi import Pat, Pmt
from ibe100.mpegts.table_assembler import Table

_AS_IT_IS: Final = np.arange(PID_COUNT, dtype=np.uint16)


class OutputLayout:
    """The layout of the output: that of the first input that was on air. Shared by the inputs' threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._layout: ServiceLayout | None = None

    def get(self) -> ServiceLayout | None:
        """The layout; None until an input with a whole PMT has been on air."""
        return self._layout

    def offer(self, layout: ServiceLayout) -> None:
        """Take the layout of the input on air, if there is none yet."""
        with self._lock:
            self._layout = self._layout or layout


class ServiceMapper(PsiRewriter):
    """Follows the tables of its input; where they differ from the output's, changes PIDs and tables."""

    name: ClassVar[str] = "switch"
    options: ClassVar[OptionTable] = OptionTable()

    def __init__(self, context: Context, output: OutputLayout, wanted: int | None) -> None:
        """`wanted`: number of the service; None takes the first."""
        super().__init__(Arguments({}, {}, ()), context)
        self._output = output
        self._wanted = wanted
        self._pat: Pat | None = None
        self._pmt_pid: int | None = None
        self._layout: ServiceLayout | None = None
        self._reference: ServiceLayout | None = None
        self._new_pids: npt.NDArray[np.uint16] | None = None
        self.has_changed = False
        """True where the packets have another layout than before, until that is announced."""
        self.follow(PAT_PID)

    def begin_on_air(self) -> None:
        """This input is on air: without a layout of the output its own becomes that."""
        if self._layout is not None and self._output.get() is None:
            self._output.offer(self._layout)

    def take(self, table: Table) -> None:
        try:
            if table.pid == PAT_PID and table.table_id == PAT_TABLE_ID:
                self._take_pat(Pat.parse(table.sections[0]))
            elif table.pid == self._pmt_pid and table.table_id == PMT_TABLE_ID:
                self._take_pmt(table.pid, Pmt.parse(table.sections[0]))
        except PsiError as error:
            self.log(LogLevel.WARNING, f"a table of this input cannot be read: {error}")

    def treat(self, packets: Packets, pids: npt.NDArray[np.uint16]) -> Flags | None:
        if self._output.get() is not self._reference:
            self._map()
        if self._new_pids is None:
            return None
        new = self._new_pids[pids]
        rows = np.flatnonzero((new != pids) & (pids != NULL_PID))
        packets[rows, 1] = packets[rows, 1] & 0xE0 | (new[rows] >> 8).astype(np.uint8)
        packets[rows, 2] = (new[rows] & 0xFF).astype(np.uint8)
        return None

    def _take_pat(self, pat: Pat) -> None:
        service = service_of(pat, self._wanted)
        pmt_pid = None if service is None else service[1]
        if pmt_pid != self._pmt_pid:
            if self._pmt_pid is not None:
                self.leave(self._pmt_pid)
            self._pmt_pid, self._layout = pmt_pid, None
            if pmt_pid is not None:
                self.follow(pmt_pid)
        self._pat = pat
        if self._layout is not None:
            self._layout = ServiceLayout(pat, self._layout.pmt, self._layout.pmt_pid)
            self._map()

    def _take_pmt(self, pid: int, pmt: Pmt) -> None:
        service = None if self._pat is None else service_of(self._pat, self._wanted)
        if self._pat is None or service is None or pmt.program_number != service[0]:
            return
        self._layout = ServiceLayout(self._pat, pmt, pid)
        self._map()

    def _map(self) -> None:
        """Work out the changes anew."""
        self._reference = self._output.get()
        if self._layout is None or self._reference is None:
            return
        found = map_service(self._layout, self._reference)
        self.has_changed = True
        if found is not None:
            self._use(found, self._layout.pmt_pid, self._reference.pmt_pid)
            return
        self._new_pids = None
        for pid in (PAT_PID, self._layout.pmt_pid):
            self.pass_unchanged(pid)

    def _use(self, found: ServiceMap, pmt_pid: int, sent_on: int) -> None:
        new = _AS_IT_IS.copy()
        new[list(found.dropped)] = NULL_PID
        new[list(found.pids)] = list(found.pids.values())
        new[[PAT_PID, pmt_pid]] = PAT_PID, sent_on
        self._new_pids = new
        self.packer(PAT_PID).replace([found.pat.encode()], PAT_TABLE_ID)
        self.packer(pmt_pid, sent_on=sent_on).replace([found.pmt.encode()], PMT_TABLE_ID)
