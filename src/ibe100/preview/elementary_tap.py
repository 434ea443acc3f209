"""Takes one service's video keyframes and its sound out of a transport stream, as elementary streams."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.mpegts.constants import PACKET_SIZE, PAT_PID, PAT_TABLE_ID, PMT_TABLE_ID, SYNC_BYTE
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.elementary.bits import after_pes_header
from ibe100.mpegts.elementary.codings import Codec, StreamKind, codec_of
from ibe100.mpegts.psi import Pat, Pmt
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.preview.keyframes import KEYFRAME_CODECS, starts_keyframe

MOST_KEYFRAME_BYTES = 8_000_000
LEAST_KEYFRAME_INTERVAL_S = 0.9
"""Shortest time between two keyframes that are taken: one picture a second is enough."""
SOUND_CODECS = frozenset({"AAC (ADTS)", "AAC (LATM)", "MPEG audio", "AC-3", "E-AC-3"})


@dataclass(frozen=True, slots=True)
class Component:
    """A PID of the service and what it carries."""

    pid: int
    codec: Codec


class ElementaryTap:
    """Fed with datagrams of whole packets, in order.

    `keyframe` and `sound` hold what was found until they are taken; `video` and `audio` are the components
    they come from, None while there is none or it cannot be decoded here. Not for concurrent use.
    """

    def __init__(self, service_id: int | None = None) -> None:
        self._service_id = service_id
        self._pmt_pid: int | None = None
        self._sections: dict[int, SectionAssembler] = {PAT_PID: SectionAssembler()}
        self._pmt: Pmt | None = None
        self._video_pid = self._audio_pid = -1
        self._gathered: list[bytes] | None = None
        self._gathered_bytes = 0
        self._counter = -1
        self._next_at_s = 0.0
        self._sound: list[bytes] = []
        self._keyframe: bytes | None = None
        self.video: Component | None = None
        self.audio: Component | None = None
        self.scrambled = False
        """True if the last packet of the video, or of the sound where there is no video, was scrambled."""

    def feed(self, datagram: bytes, monotonic_s: float) -> None:
        """Look at the packets of one datagram that arrived at `monotonic_s`."""
        video_pid, audio_pid = self._video_pid, self._audio_pid
        at = -PACKET_SIZE
        for high, low in zip(datagram[1::PACKET_SIZE], datagram[2::PACKET_SIZE], strict=False):
            at += PACKET_SIZE
            pid = (high & 0x1F) << 8 | low
            if pid == video_pid:
                # Most packets belong to pictures that are not wanted.
                if high & 0x40 or self._gathered is not None:
                    self._take_video(datagram[at : at + PACKET_SIZE], monotonic_s)
            elif pid == audio_pid:
                self._take_audio(datagram[at : at + PACKET_SIZE])
            elif pid in self._sections:
                self._take_section(pid, datagram[at : at + PACKET_SIZE])
                video_pid, audio_pid = self._video_pid, self._audio_pid

    def take_keyframe(self) -> bytes | None:
        """The newest whole keyframe that was not taken yet."""
        keyframe, self._keyframe = self._keyframe, None
        return keyframe

    def take_sound(self) -> bytes:
        """The sound that has come since it was taken last."""
        sound, self._sound = b"".join(self._sound), []
        return sound

    def _take_section(self, pid: int, packet: bytes) -> None:
        for section in self._sections[pid].feed(packet):
            try:
                if pid == PAT_PID and section[0] == PAT_TABLE_ID:
                    self._follow(Pat.parse(section))
                elif section[0] == PMT_TABLE_ID:
                    self._choose(Pmt.parse(section))
            except PsiError:
                # The next repetition may be whole; the monitoring tells of tables that are not.
                continue

    def _follow(self, pat: Pat) -> None:
        for number, pmt_pid in pat.programs:
            if self._service_id in (None, number):
                if pmt_pid != self._pmt_pid:
                    self._pmt_pid, self._pmt = pmt_pid, None
                    self._sections = {PAT_PID: self._sections[PAT_PID], pmt_pid: SectionAssembler()}
                return

    def _choose(self, pmt: Pmt) -> None:
        if pmt == self._pmt or self._service_id not in (None, pmt.program_number):
            return
        self._pmt = pmt
        components = [Component(stream.pid, codec_of(stream, pmt.descriptors)) for stream in pmt.streams]
        self.video = _first(components, StreamKind.VIDEO)
        self.audio = _first(components, StreamKind.AUDIO)
        self._gathered, self._sound, self.scrambled = None, [], False
        decodable = self.video is not None and self.video.codec.name in KEYFRAME_CODECS
        self._video_pid = self.video.pid if decodable and self.video is not None else -1
        decodable = self.audio is not None and self.audio.codec.name in SOUND_CODECS
        self._audio_pid = self.audio.pid if decodable and self.audio is not None else -1

    def _take_video(self, packet: bytes, monotonic_s: float) -> None:
        if not packet[3] & 0x10:
            # Nothing but a PCR: the continuity_counter stands still.
            return
        payload = self._payload(packet)
        self.scrambled = bool(packet[3] & 0xC0)
        if payload is None:
            self._gathered = None
            return
        counter = packet[3] & 0x0F
        if packet[1] & 0x40:
            if self._gathered:
                self._keyframe = b"".join(self._gathered)
            self._gathered = None
            if monotonic_s >= self._next_at_s:
                stream = after_pes_header(payload)
                assert self.video is not None
                if starts_keyframe(self.video.codec.name, stream):
                    self._next_at_s = monotonic_s + LEAST_KEYFRAME_INTERVAL_S
                    self._gathered, self._gathered_bytes = [stream], len(stream)
        elif self._gathered is not None and counter != self._counter:
            self._gathered_bytes += len(payload)
            torn = counter != (self._counter + 1) & 0x0F or self._gathered_bytes > MOST_KEYFRAME_BYTES
            if torn:
                self._gathered = None
            else:
                self._gathered.append(payload)
        self._counter = counter

    def _take_audio(self, packet: bytes) -> None:
        payload = self._payload(packet)
        if self.video is None:
            self.scrambled = bool(packet[3] & 0xC0)
        if payload:
            self._sound.append(after_pes_header(payload) if packet[1] & 0x40 else payload)

    def _payload(self, packet: bytes) -> bytes | None:
        """Payload of a packet; None where it is damaged or scrambled, empty where there is none."""
        control = packet[3]
        if packet[0] != SYNC_BYTE or packet[1] & 0x80 or control & 0xC0:
            return None
        if not control & 0x10:
            return b""
        return packet[5 + packet[4] if control & 0x20 else 4 :]


def _first(components: list[Component], kind: StreamKind) -> Component | None:
    return next((component for component in components if component.codec.kind is kind), None)
