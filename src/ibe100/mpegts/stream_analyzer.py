"""Analysis of a transport stream: services, PIDs, codings, time stamps, bitrate."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import CUEI, NULL_PID, PACKET_BITS, REGISTRATION_TAG
from ibe100.mpegts.descriptors import ca_references, languages
from ibe100.mpegts.elementary.codings import Codec, StreamKind, VideoFormat
from ibe100.mpegts.elementary.format_finder import FormatFinder
from ibe100.mpegts.packet import PacketBlock
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.pid_counters import PidCounters
from ibe100.mpegts.pid_rows import Rows
from ibe100.mpegts.psi import Pmt, PmtStream
from ibe100.mpegts.service_map import SectionRun, ServiceMap
from ibe100.mpegts.stream_report import PidReport, ServiceInfo, StreamInfo, StreamReport
from ibe100.mpegts.timestamp_track import TimestampRange, TimestampTrack
from ibe100.mpegts.timestamps import PTS_HZ

_SANE_FRAME_RATES = (1, 300)


class StreamAnalyzer:
    """Feed it blocks `uint8 (n, 188)` in stream order; `report()` may be asked for at any time.

    With `keeps_first` services are those of the tables that came first, not of the latest.
    """

    def __init__(self, *, keeps_first: bool = False) -> None:
        self.service_map = ServiceMap(keeps_first=keeps_first)
        self._counters = PidCounters()
        self._finder = FormatFinder()
        self._seen_version = -1
        self._next_index = 0
        self._follows_damage = False
        self._reset_totals()

    def feed(self, block: PacketBlock) -> None:
        """Analyse the next packets."""
        self.feed_headers(PacketHeaders(block))

    def feed_headers(self, headers: PacketHeaders) -> list[SectionRun]:
        """The same for packets whose headers others look at too; returns the PSI/SI and SCTE 35 sections
        they completed.
        """
        total = len(headers)
        if not total:
            return []
        indexes = np.arange(self._next_index, self._next_index + total, dtype=np.int64)
        self._next_index += total
        self._packets += total
        good = headers.good
        if len(good) == total and not self._follows_damage:
            return self._feed_good(headers, indexes)
        lost = len(headers.lost_sync)
        self._sync_errors += lost
        self._transport_errors += total - lost - len(good)
        good = self._without_suspects(headers, good)
        sections = self._feed_good(PacketHeaders(headers.packets[good]), indexes[good])
        return [one._replace(rows=good[one.rows].tolist()) for one in sections]

    def _without_suspects(self, headers: PacketHeaders, good: Rows) -> Rows:
        """Rows that tsp's analysis counts: no packet of a PID never seen before, right after damaged ones."""
        gaps = np.diff(good, prepend=-2 if self._follows_damage else -1) > 1
        self._follows_damage = not good.size or int(good[-1]) != len(headers) - 1
        seen = headers.pids[good].tolist()
        suspects = [
            place
            for place in np.flatnonzero(gaps).tolist()
            if not self._is_known(seen[place]) and seen[place] not in seen[:place]
        ]
        self._suspects += len(suspects)
        return np.delete(good, suspects)

    def _is_known(self, pid: int) -> bool:
        known = self._counters.packets[pid] or pid in self.service_map.pmt_pids.values()
        return bool(known) or any(stream.pid == pid for _, stream in self.service_map.streams())

    def _feed_good(self, headers: PacketHeaders, indexes: npt.NDArray[np.int64]) -> list[SectionRun]:
        sections = self.service_map.feed_headers(headers)
        if self._seen_version != self.service_map.version:
            self._seen_version = self.service_map.version
            self._finder.expect(self.service_map.all_codecs())
        self._counters.feed(headers, indexes)
        self._finder.feed(headers)
        return sections

    def start_interval(self) -> None:
        """Count anew from here; services and formats stay known."""
        self._reset_totals()
        self._counters.reset()

    def report(self) -> StreamReport:
        """Report of everything found since the start, or since `start_interval`."""
        self._finder.finish()
        bitrate = self._bitrate()
        services = tuple(self._service(number) for number in self.service_map.pmt_pids)
        referenced = {pid for service in services for pid in service.pids}
        counted = set(np.flatnonzero(self._counters.packets).tolist())
        return StreamReport(
            self._packets,
            self._sync_errors,
            self._transport_errors,
            round(bitrate),
            self._packets * PACKET_BITS / bitrate if bitrate else 0.0,
            self.service_map.transport_stream_id,
            self.service_map.original_network_id,
            services,
            tuple(self._pid(pid, bitrate) for pid in sorted(counted | referenced)),
            suspect_packets=self._suspects,
        )

    def _reset_totals(self) -> None:
        self._packets = self._sync_errors = self._transport_errors = self._suspects = 0

    def _bitrate(self) -> float:
        """Mean over neighbouring PCRs of all PCR PIDs, as tsp has it; else the same over decoding times."""
        for tracks in (self._counters.pcr, self._counters.decoding):
            measures = [track.bitrate_measures for track in tracks.values()]
            pairs = sum(count for _, count in measures)
            if pairs:
                return sum(total for total, _ in measures) / pairs
        return 0.0

    def _pid(self, pid: int, stream_bitrate: float) -> PidReport:
        counters = self._counters
        packets = int(counters.packets[pid])
        starts = int(counters.unit_starts[pid] - counters.empty_starts[pid])
        readable = starts - int(counters.scrambled_starts[pid])
        return PidReport(
            pid,
            packets,
            round(stream_bitrate * packets / self._packets) if self._packets else 0,
            int(counters.scrambled[pid]),
            int(counters.adaptation_fields[pid]),
            int(counters.unit_starts[pid]),
            starts,
            max(readable - int(counters.pes_packets[pid]), 0),
            int(counters.pes_packets[pid]),
            counters.pes_stream_ids.get(pid),
            int(counters.discontinuities[pid]),
            int(counters.duplicated[pid]) if pid != NULL_PID else 0,
            _range(counters.pcr.get(pid)),
            _range(counters.pts.get(pid)),
            _range(counters.dts.get(pid)),
            int(counters.reserved_scrambling[pid]),
            self.service_map.crc_errors.get(pid, 0),
        )

    def _service(self, number: int) -> ServiceInfo:
        named = self.service_map.services.get(number)
        pmt = self.service_map.pmts.get(number)
        codecs = self.service_map.codecs(pmt) if pmt else {}
        return ServiceInfo(
            number,
            named.name if named else "",
            named.provider if named else "",
            named.service_type if named else None,
            self.service_map.pmt_pids[number],
            pmt.pcr_pid if pmt and pmt.pcr_pid != NULL_PID else None,
            pmt is not None,
            pmt is not None and _has_cuei(pmt),
            tuple(self._stream(stream, codecs[stream.pid]) for stream in pmt.streams) if pmt else (),
            _ecm_pids(pmt) if pmt else (),
        )

    def _stream(self, stream: PmtStream, codec: Codec) -> StreamInfo:
        found = self._finder.formats.get(stream.pid)
        return StreamInfo(
            stream.pid,
            stream.stream_type,
            codec,
            found,
            languages(stream.descriptors),
            _registration(stream),
            self._frame_duration(stream.pid, found) if codec.kind is StreamKind.VIDEO else None,
            stream,
        )

    def _frame_duration(self, pid: int, found: object) -> Fraction | None:
        rate = found.frame_rate if isinstance(found, VideoFormat) else None
        if rate is not None and _SANE_FRAME_RATES[0] <= rate <= _SANE_FRAME_RATES[1]:
            return PTS_HZ / rate
        decoding = self._counters.decoding.get(pid)
        return decoding.regular_step() if decoding else None


def _range(track: TimestampTrack | None) -> TimestampRange:
    return track.range if track else TimestampRange()


def _ecm_pids(pmt: Pmt) -> tuple[tuple[int, int], ...]:
    loops = (pmt.descriptors, *(stream.descriptors for stream in pmt.streams))
    found = (one for loop in loops for one in ca_references(loop) if one[0] != NULL_PID)
    return tuple(dict.fromkeys(found))


def _has_cuei(pmt: Pmt) -> bool:
    """CUEI in program_info, or on an SCTE 35 stream itself."""
    return pmt.carries_cuei() or any(_registration(stream) == CUEI.decode() for stream in pmt.streams)


def _registration(stream: PmtStream) -> str | None:
    for tag, data in stream.descriptors:
        if tag == REGISTRATION_TAG and len(data) >= 4:
            text = data[:4]
            printable = all(0x20 <= byte < 0x7F for byte in text)
            return text.decode("ascii") if printable else f"0x{text.hex().upper()}"
    return None
