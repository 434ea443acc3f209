"""Preview of one service: passes what the tap finds to decoders, and reports pictures and levels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from ibe100.mpegts.elementary.codings import AudioFormat, ElementaryFormat, VideoFormat, read_format
from ibe100.preview.elementary_tap import SOUND_CODECS, Component, ElementaryTap
from ibe100.preview.keyframes import KEYFRAME_CODECS
from ibe100.preview.pcm_decoder import PcmDecoder
from ibe100.preview.reports import LevelsReport, MediaReport, PictureReport, Report, SoundReport
from ibe100.preview.sound_decoder import DEMUXERS, SoundDecoder
from ibe100.preview.video_decoder import VideoDecoder

PORTION_S = 0.1
"""Portion of sound that is decoded at once, and the interval of all other work."""
AGAIN_AFTER_S = 5.0
"""Pause before a decoder that ended by itself is started again."""
LATE_S = 0.6
"""Delay between two looks that shows a busy machine: otherwise it is a quarter of a second at most."""
BEHIND_S = 10.0
"""Time after a delay in which nothing missing is held against the stream."""
SILENT_AFTER_S = 1.0
"""Time without a packet after which nothing is received."""
HEAD_BYTES = 4096
MPEG_AUDIO = "MPEG audio"
"""Name of a coding that may be AAC after all: the first whole header tells which it is."""

Tell = Callable[[Report, bytes], None]


@dataclass(frozen=True, slots=True)
class PreviewOptions:
    """Stream to decode and size of the pictures; `service_id` None takes the first service."""

    port: int | str
    width: int
    height: int
    ffmpeg: str
    service_id: int | None = None


class ServicePreview:
    """Decodes one service. Fed by one thread; `tell` is called from the decoders' threads as well."""

    def __init__(self, options: PreviewOptions, tell: Tell) -> None:
        self._options = options
        self._tell = tell
        self._tap = ElementaryTap(options.service_id)
        self._video: VideoDecoder | None = None
        self._sound: SoundDecoder | None = None
        self._pcm: PcmDecoder | None = None
        self.is_heard = False
        """True while somebody listens; any thread may set it."""
        self._decoded: tuple[Component | None, Component | None] = (None, None)
        self._formats: dict[int, ElementaryFormat] = {}
        self._video_again_at_s = self._sound_again_at_s = 0.0
        self._due_at_s = 0.0
        self._worked_at_s = math.inf
        self._behind_until_s = 0.0
        self._received_at_s = float("-inf")
        self._problems: dict[str, str] = {}
        self._told: MediaReport | None = None

    def feed(self, datagram: bytes, now_s: float) -> None:
        """A datagram that arrived at the monotonic time `now_s`."""
        self._received_at_s = now_s
        self._tap.feed(datagram, now_s)

    def work(self, now_s: float) -> None:
        """Decode and report what is due; to be called after datagrams, and every now and then without."""
        if now_s - self._worked_at_s > LATE_S or self._is_behind():
            self._behind_until_s = now_s + BEHIND_S
        self._worked_at_s = now_s
        if now_s < self._due_at_s:
            return
        self._due_at_s = now_s + PORTION_S
        found = (self._tap.video, self._tap.audio)
        if found != self._decoded:
            self.close()
            self._decoded, self._formats, self._problems = found, {}, {}
        self._work_on_video(now_s)
        self._work_on_sound(now_s)
        self._tell_media(now_s)

    def close(self) -> None:
        """End the decoders."""
        for decoder in (self._video, self._sound, self._pcm):
            if decoder is not None:
                decoder.close()
        self._video = self._sound = self._pcm = None

    def _is_behind(self) -> bool:
        return any(decoder is not None and decoder.is_behind() for decoder in (self._video, self._sound))

    def _work_on_video(self, now_s: float) -> None:
        component = self._tap.video
        if self._video is not None and (words := self._video.ended()):
            self._video.close()
            self._video, self._video_again_at_s = None, now_s + AGAIN_AFTER_S
            self._problems["video"] = f"the video cannot be decoded: {words}"
        keyframe = self._tap.take_keyframe()
        if keyframe is None or component is None or now_s < self._video_again_at_s:
            return
        self._read_format(component, keyframe[:HEAD_BYTES])
        if self._video is None:
            options = self._options
            self._video = VideoDecoder(
                options.ffmpeg, component.codec.name, options.width, options.height, self._picture_taken
            )
        self._video.feed_keyframe(keyframe)

    def _work_on_sound(self, now_s: float) -> None:
        component = self._tap.audio
        if self._sound is not None and (words := self._sound.ended()):
            self._sound.close()
            self._sound, self._sound_again_at_s = None, now_s + AGAIN_AFTER_S
            self._problems["sound"] = f"the sound cannot be decoded: {words}"
        sound = self._tap.take_sound()
        if not sound or component is None or now_s < self._sound_again_at_s:
            return
        component = _as_it_is(component, sound)
        self._read_format(component, sound)
        if self._sound is None and component.pid not in self._formats and component.codec.name == MPEG_AUDIO:
            return
        if self._sound is None:
            self._sound = SoundDecoder(self._options.ffmpeg, component.codec.name, self._levels_measured)
        self._sound.feed(sound)
        self._let_hear(component.codec.name, sound)

    def _let_hear(self, codec: str, sound: bytes) -> None:
        """Decode the sound for whoever listens; one that cannot be is told by the levels' own decoder."""
        if self._pcm is not None and (not self.is_heard or self._pcm.ended()):
            self._pcm.close()
            self._pcm = None
        if self.is_heard:
            if self._pcm is None:
                self._pcm = PcmDecoder(self._options.ffmpeg, DEMUXERS[codec], self._sound_decoded)
            self._pcm.feed(sound)

    def _read_format(self, component: Component, stream: bytes) -> None:
        # Video says it anew with each keyframe: it may have changed.
        if component.pid not in self._formats or component is self._tap.video:
            found = read_format(component.codec, stream)
            if found is not None:
                self._formats[component.pid] = found

    def _picture_taken(self, pixels: bytes) -> None:
        self._problems.pop("video", None)
        self._tell(PictureReport(self._options.width, self._options.height), pixels)

    def _sound_decoded(self, pcm: bytes) -> None:
        self._tell(SoundReport(len(pcm)), pcm)

    def _levels_measured(self, levels: LevelsReport) -> None:
        self._problems.pop("sound", None)
        self._tell(levels, b"")

    def _tell_media(self, now_s: float) -> None:
        receiving = now_s - self._received_at_s < SILENT_AFTER_S
        behind = now_s < self._behind_until_s
        media = MediaReport(
            _words(self._tap.video, self._formats),
            _words(self._tap.audio, self._formats),
            self._problem(receiving, behind),
            receiving,
            behind,
            shows_video=self._tap.video is None or self._tap.video.codec.name in KEYFRAME_CODECS,
            plays_audio=self._tap.audio is None or self._tap.audio.codec.name in SOUND_CODECS,
        )
        if media != self._told:
            self._told = media
            self._tell(media, b"")

    def _problem(self, receiving: bool, behind: bool) -> str:
        video, audio = self._tap.video, self._tap.audio
        if not receiving:
            return "nothing is received from the stream"
        if self._tap.scrambled:
            return "the service is scrambled"
        if video is not None and video.codec.name not in KEYFRAME_CODECS:
            return f"{video.codec.name} cannot be shown here"
        if audio is not None and audio.codec.name not in SOUND_CODECS:
            return f"{audio.codec.name} cannot be heard here"
        if behind and not self._problems:
            return "this machine is too busy for a preview"
        return "; ".join(self._problems.values())


def _as_it_is(component: Component, sound: bytes) -> Component:
    """The component with its real coding: some multiplexers give AAC the stream_type of MPEG-2 audio."""
    if component.codec.name == MPEG_AUDIO and read_format(component.codec, sound) is None:
        aac = replace(component.codec, name="AAC (ADTS)")
        if read_format(aac, sound) is not None:
            return replace(component, codec=aac)
    return component


def _words(component: Component | None, formats: dict[int, ElementaryFormat]) -> str:
    if component is None:
        return ""
    match formats.get(component.pid):
        case VideoFormat() as video:
            scan = "i" if video.interlaced else "p"
            rate = "" if video.frame_rate is None else _rate(video.frame_rate)
            return f"{video.height}{scan}{rate} {video.codec.removesuffix(' video')}"
        case AudioFormat() as audio:
            return f"{audio.codec} {audio.layout}".strip()
    return component.codec.name


def _rate(frame_rate: Fraction) -> str:
    return f"{float(frame_rate):.2f}".rstrip("0").rstrip(".")
