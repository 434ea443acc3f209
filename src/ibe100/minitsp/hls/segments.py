"""Media segments of HLS: downloaded whole, decrypted, cut into packets."""

from typing import Final

from ibe100.minitsp.cmaf.boxes import Tracks, tracks_of
from ibe100.minitsp.hls.playlist_values import PlaylistError, Segment, SegmentKey
from ibe100.minitsp.packets.packet_aligner import PacketAligner
from ibe100.minitsp.web.http_client import DownloadError, HttpClient

_SEGMENT_LIMIT_BYTES: Final = 256 << 20
_INIT_LIMIT_BYTES: Final = 4 << 20
_KEY_BYTES: Final = 16
_MP4_BOXES: Final = (b"ftyp", b"styp", b"moof", b"sidx", b"moov", b"emsg", b"prft", b"mdat")
_OTHERS: Final = (
    (b"ID3", "packed sound without a transport stream"),
    (b"WEBVTT", "WebVTT subtitles"),
)
_NO_STREAM: Final = "the segments are {}, no MPEG-2 transport stream packets"


class NotASegment(DownloadError):
    """A response that is no segment: an error page, or a segment that is not there yet."""

    @property
    def is_of_resource(self) -> bool:
        return True


class SegmentLoader:
    """Loads one segment after the other; the last key is kept, as it mostly serves for many segments."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._key_url = self._map_url = ""
        self._tracks = Tracks({}, None)
        self._key = b""

    def load(self, segment: Segment, timeout_s: float) -> bytes:
        """The packets of a segment. Raises DownloadError (may be tried again) or PlaylistError (in vain)."""
        return packets_of(self.body(segment, timeout_s))

    def body(self, segment: Segment, timeout_s: float) -> bytes:
        """All of a segment, decrypted. Raises DownloadError or PlaylistError."""
        body = self._client.download(
            segment.url,
            limit_bytes=_SEGMENT_LIMIT_BYTES,
            timeout_s=timeout_s,
            byte_range=segment.byte_range,
        ).data
        if segment.key is not None:
            body = self._decrypt(body, segment.key, timeout_s)
        return body

    def tracks(self, segment: Segment, timeout_s: float) -> Tracks:
        """Tracks of the MP4 that a segment is of. Raises DownloadError."""
        if not segment.map_url:
            return Tracks({}, None)
        if segment.map_url != self._map_url:
            found = self._client.download(segment.map_url, limit_bytes=_INIT_LIMIT_BYTES, timeout_s=timeout_s)
            self._tracks, self._map_url = tracks_of(found.data), segment.map_url
        return self._tracks

    def _decrypt(self, body: bytes, key: SegmentKey, timeout_s: float) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        if key.url != self._key_url:
            self._key = self._client.download(key.url, limit_bytes=4096, timeout_s=timeout_s).data
            self._key_url = key.url
        if len(self._key) != _KEY_BYTES:
            raise PlaylistError(f"the key of the segments has {len(self._key)} bytes instead of {_KEY_BYTES}")
        decryptor = Cipher(algorithms.AES(self._key), modes.CBC(key.iv)).decryptor()
        unpadder = PKCS7(128).unpadder()
        try:
            padded = decryptor.update(body) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError as error:
            raise DownloadError(
                "a segment cannot be decrypted: it is cut short or the key is wrong"
            ) from error


def is_mp4(body: bytes) -> bool:
    """True for a segment of fragmented MP4, by its first box."""
    return body[4:8] in _MP4_BOXES


def packets_of(body: bytes) -> bytes:
    """The packets of a segment. Raises PlaylistError or NotASegment where it has none."""
    aligner = PacketAligner()
    packets = aligner.feed(body) + aligner.finish()
    if not packets:
        if is_mp4(body):
            raise PlaylistError(_NO_STREAM.format("fragmented MP4 (fMP4/CMAF)"))
        for start, what in _OTHERS:
            if body.startswith(start):
                raise PlaylistError(_NO_STREAM.format(what))
        raise NotASegment("a segment holds no MPEG-2 transport stream packets")
    return packets
