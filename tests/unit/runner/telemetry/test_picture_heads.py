"""Kinds of pictures by their first bytes, and the video PIDs of a PMT."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts.psi import Pmt, PmtStream
from ibe100.runner.telemetry.picture_heads import (
    H264,
    HEVC,
    MPEG2,
    PictureKind,
    picture_kind,
    pictures_of_pmt,
)
from made_heads import (
    ENCODER_SETTINGS,
    H264_AUD,
    H264_IDR,
    H264_OPEN,
    H264_OTHER,
    HEVC_AUD,
    HEVC_CRA,
    HEVC_IDR,
    HEVC_OTHER,
    LATER_RECOVERY_POINT,
    MPEG2_CLOSED,
    MPEG2_I,
    MPEG2_OPEN,
    MPEG2_P,
    RECOVERY_POINT,
    START,
)

IDR, OPEN, OTHER = PictureKind.IDR, PictureKind.OPEN, PictureKind.OTHER


@pytest.mark.parametrize(
    ("codec", "head", "kind"),
    [
        (H264, H264_IDR, IDR),
        (H264, H264_OPEN, OPEN),
        (H264, H264_OTHER, OTHER),
        (H264, H264_AUD + ENCODER_SETTINGS + H264_IDR, IDR),
        (H264, H264_AUD + ENCODER_SETTINGS + RECOVERY_POINT + START + b"\x41\x9a", OPEN),
        (H264, H264_AUD + LATER_RECOVERY_POINT + START + b"\x41\x9a", OTHER),
        (HEVC, HEVC_IDR, IDR),
        (HEVC, HEVC_CRA, OPEN),
        (HEVC, HEVC_AUD + START + b"\x20\x01\xaf", IDR),
        (HEVC, HEVC_OTHER, OTHER),
        (MPEG2, MPEG2_CLOSED, IDR),
        (MPEG2, MPEG2_OPEN, OPEN),
        (MPEG2, MPEG2_I, OTHER),
        (MPEG2, MPEG2_P, OTHER),
    ],
)
def test_the_kind_of_a_picture_is_told_by_its_head(codec: str, head: bytes, kind: PictureKind) -> None:
    assert picture_kind(codec, head) is kind


@pytest.mark.parametrize(
    ("codec", "head"), [(H264, H264_IDR), (H264, H264_OPEN), (HEVC, HEVC_CRA), (MPEG2, MPEG2_CLOSED)]
)
def test_a_head_that_ends_too_early_is_not_judged(codec: str, head: bytes) -> None:
    kinds = [picture_kind(codec, head[:length]) for length in range(len(head) + 1)]
    assert set(kinds) == {None, picture_kind(codec, head)}
    assert kinds == sorted(kinds, key=lambda kind: kind is not None)


@given(st.sampled_from([H264, HEVC, MPEG2]), st.binary(max_size=400))
def test_any_bytes_are_read_to_their_end(codec: str, head: bytes) -> None:
    picture_kind(codec, head)
    picture_kind(codec, START + head)
    picture_kind(codec, START + b"\x06" + head)
    pictures_of_pmt(b"\x02" + head)


def test_the_video_of_a_pmt_is_read_also_where_the_section_goes_on_elsewhere() -> None:
    hevc = (0x05, b"HEVC")
    pmt = Pmt(
        1,
        0x100,
        (
            PmtStream(0x1B, 0x100),
            PmtStream(0x03, 0x101),
            PmtStream(0x06, 0x102, (hevc,)),
            PmtStream(2, 0x103),
        ),
    )
    section = pmt.encode()
    assert pictures_of_pmt(section) == {0x100: H264, 0x102: HEVC, 0x103: MPEG2}
    assert pictures_of_pmt(section[:18]) == {0x100: H264}
