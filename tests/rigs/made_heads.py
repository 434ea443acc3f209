"""Heads of coded pictures, made by hand: as much of each as tells its kind."""

from __future__ import annotations

START = b"\x00\x00\x01"
H264_AUD, H264_SPS, H264_PPS = START + b"\x09\xf0", START + b"\x67\x64\x00\x1f", START + b"\x68\xee"
RECOVERY_POINT = START + b"\x06\x06\x01\xc4\x80"
LATER_RECOVERY_POINT = START + b"\x06\x06\x01\x2c\x80"
ENCODER_SETTINGS = (
    START + b"\x06\x05" + b"\xff" * 10 + b"\x10" + b"x264 keyint=50 ".ljust(2566, b"-") + b"\x80"
)
H264_IDR = H264_AUD + H264_SPS + H264_PPS + START + b"\x65\x88"
H264_OPEN = H264_AUD + H264_SPS + H264_PPS + RECOVERY_POINT + START + b"\x41\x9a"
H264_OTHER = H264_AUD + START + b"\x41\x9a"
HEVC_AUD, HEVC_VPS = START + b"\x46\x01\x50", START + b"\x40\x01\x0c"
HEVC_IDR = HEVC_AUD + HEVC_VPS + START + b"\x26\x01\xaf"
HEVC_CRA = HEVC_AUD + HEVC_VPS + START + b"\x2a\x01\xaf"
HEVC_OTHER = HEVC_AUD + START + b"\x02\x01\xd0"
MPEG2_SEQUENCE = START + b"\xb3\x14\x00\xb4\x23" + START + b"\xb5\x14\x8a"
MPEG2_I, MPEG2_P = START + b"\x00\x00\x0f\xff", START + b"\x00\x00\x17\xff"
MPEG2_CLOSED = MPEG2_SEQUENCE + START + b"\xb8\x00\x08\x00\x40" + MPEG2_I
MPEG2_OPEN = MPEG2_SEQUENCE + START + b"\xb8\x00\x08\x00\x00" + MPEG2_I
