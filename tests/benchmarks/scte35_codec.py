"""How long the SCTE 35 codec takes: `.venv/bin/python tests/benchmarks/scte35_codec.py`.

Prints microseconds per decode and encode. What it does with damaged sections: `scte35_fuzz.py`.
"""

import time
from collections.abc import Callable

from ibe100.scte35 import decode, encode, splice_insert, time_signal
from ibe100.scte35.values import SegmentationDescriptor, SegmentationUpid

ROUNDS = 20_000


def microseconds(action: Callable[[], object]) -> float:
    """Best of five runs, for one call."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(ROUNDS // 5):
            action()
        best = min(best, (time.perf_counter() - start) / (ROUNDS // 5))
    return best * 1e6


def main() -> None:
    """Print the figures."""
    segmentation = SegmentationDescriptor(
        7, segmentation_duration=2_700_000, upid=SegmentationUpid(8, bytes(8)), segmentation_type_id=0x34
    )
    for name, section in (
        ("splice_insert", splice_insert(1, True, pts_time=900_000, duration_pts=2_700_000)),
        ("time_signal + segmentation", time_signal(segmentation, pts_time=900_000)),
    ):
        raw = encode(section)
        reading, writing = (
            microseconds(lambda raw=raw: decode(raw)),
            microseconds(lambda one=section: encode(one)),
        )
        print(f"{name}: decode {reading:.1f} µs, encode {writing:.1f} µs")


if __name__ == "__main__":
    main()
