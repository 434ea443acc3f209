"""Watches a DASH manifest for its cues: those of its EventStreams, and of the emsg in its segments."""

import math
import time
from collections import deque
from collections.abc import Iterator
from typing import ClassVar, Final
from urllib.parse import urlsplit

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.minitsp.chain.plugin import Context, LogLevel
from ibe100.minitsp.chain.threaded_input import ThreadedInput
from ibe100.minitsp.cmaf.boxes import Tracks, event_messages, first_time_s, tracks_of
from ibe100.minitsp.cmaf.cue_messages import ToldMessages, cue_of, cues_of
from ibe100.minitsp.dash.manifest import Manifest, ManifestSegment, UnreadableManifest, parse_manifest
from ibe100.minitsp.reports.cue_tags import CUE_TAGS_OPTION, FLOW_PACKETS, CueTag, CueTagReport, pts_of
from ibe100.minitsp.web.http_client import DownloadError, HttpClient
from ibe100.minitsp.web.http_outage import Outage
from ibe100.minitsp.web.web_options import WEB_OPTIONS

_MANIFEST_LIMIT_BYTES: Final = 4 << 20
_SEGMENT_LIMIT_BYTES: Final = 256 << 20
_INIT_LIMIT_BYTES: Final = 4 << 20
_TIMEOUT_S: Final = 15.0
_FLOW_S: Final = 0.2
_SEGMENTS_A_ROUND: Final = 4
_REMEMBERED: Final = 256
_STANDS_STILL: Final = 4
"""Segment durations without a new segment after which nothing flows."""


class DashInput(ThreadedInput):
    """Reads a DASH manifest again and again; its packets are null packets, so that it is seen that it flows.

    No plugin of tsp: nothing but a return feed is watched by it. A segment that cannot be had is left out.
    """

    name: ClassVar[str] = "dash"
    options: ClassVar[OptionTable] = OptionTable(*WEB_OPTIONS, CUE_TAGS_OPTION, max_parameters=1)

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._url = arguments.parameter("url")
        self._tags = CueTagReport(self)
        self._told = ToldMessages()
        self._loaded: deque[str] = deque(maxlen=_REMEMBERED)
        self._init_url = ""
        self._tracks = Tracks({}, None)
        self._edge_s = -math.inf
        self._moved_s = time.monotonic()
        self._latency_s: float | None = None

    def fetch(self) -> None:
        client = HttpClient(self.arguments, self._url)
        patience_s = math.inf if self.context.attended else 3 * _TIMEOUT_S
        outage = Outage(self, "the manifest cannot be had", self.closing, patience_s)
        try:
            while not self.closing.is_set():
                loaded_s = time.monotonic()
                try:
                    manifest = self._load(client)
                except (DownloadError, UnreadableManifest) as error:
                    if not outage.again(error):
                        return
                    continue
                outage.over()
                self._read(client, manifest)
                if not manifest.is_live or not self._wait(manifest, loaded_s + manifest.update_s):
                    return
        finally:
            client.close()
            self._tags.close()

    def _load(self, client: HttpClient) -> Manifest:
        found = client.download(self._url, limit_bytes=_MANIFEST_LIMIT_BYTES, timeout_s=_TIMEOUT_S)
        return parse_manifest(found.data.decode("utf-8-sig", "replace"), found.url, time.time())

    def _read(self, client: HttpClient, manifest: Manifest) -> None:
        now = time.time()
        if manifest.segments:
            edge_s = manifest.segments[-1].ends_s
            if edge_s > self._edge_s:
                self._edge_s, self._moved_s = edge_s, time.monotonic()
                self._latency_s = (
                    None if manifest.available_at is None else max(0.0, now - manifest.available_at - edge_s)
                )
        for tag in self._events(manifest, now):
            self._tags.tell(tag)
        new = [one for one in manifest.segments if one.url not in self._loaded]
        for segment in new[-_SEGMENTS_A_ROUND:]:
            self._loaded.append(segment.url)
            self._read_segment(client, segment)

    def _events(self, manifest: Manifest, now: float) -> Iterator[CueTag]:
        for event in manifest.events:
            from_edge_s = event.period_time_s - self._edge_s if manifest.segments else None
            for section in event.sections:
                if not self._told.is_new((section, event.media_time_s)):
                    continue
                tag = cue_of(f"EventStream {event.scheme}", section, pts_of(event.media_time_s))
                if tag is not None:
                    duration_s = tag.duration_s or (event.duration_s if tag.out else None)
                    yield CueTag(tag.form, tag.out, section, duration_s, tag.pts, from_edge_s, now)

    def _read_segment(self, client: HttpClient, segment: ManifestSegment) -> None:
        try:
            body = self._get(client, segment.url, _SEGMENT_LIMIT_BYTES)
            if segment.init_url and segment.init_url != self._init_url:
                self._tracks = tracks_of(self._get(client, segment.init_url, _INIT_LIMIT_BYTES))
                self._init_url = segment.init_url
        except DownloadError as error:
            self.log(LogLevel.WARNING, f"a segment is left out: {error}")
            return
        first_s = first_time_s(body, self._tracks)
        first = pts_of(segment.media_time_s if first_s is None else first_s)
        for tag in cues_of(event_messages(body), first, self._told):
            self._tags.tell(tag)

    def _get(self, client: HttpClient, url: str, limit_bytes: int) -> bytes:
        if urlsplit(url).scheme not in ("http", "https"):
            raise DownloadError("the manifest names an address that is not of HTTP")
        return client.download(url, limit_bytes=limit_bytes, timeout_s=_TIMEOUT_S).data

    def _wait(self, manifest: Manifest, until_s: float) -> bool:
        """Wait for the next load; False if the chain is ending."""
        while True:
            flows = time.monotonic() - self._moved_s < _STANDS_STILL * manifest.segment_s + _TIMEOUT_S
            if flows or not manifest.segments:
                self._tags.playlist(self._latency_s, manifest.segment_s)
                if not self.queue.put(FLOW_PACKETS):
                    return False
            left_s = until_s - time.monotonic()
            if self.closing.wait(min(max(left_s, 0.0), _FLOW_S)):
                return False
            if left_s <= 0:
                return True
