"""How long the SCTE 35 codec takes: `.venv/bin/python tests/benchmarks/cues/scte35_codec.py`.

Prints microseconds per decode and encode: of many short rounds the fastest, which is what the codec itself
takes, and the median, which is what it took beside all else that the machine did. What it does with damaged
sections: `scte35_fuzz.py`.
"""

import statistics
import timeit
from collections.abc import Callable

from ibe100.scte35 import decode, encode, splice_insert, time_signal
from ibe100.scte35.values import SegmentationDescriptor, SegmentationUpid

CALLS = 500
ROUNDS = 200


def microseconds(action: Callable[[], object]) -> tuple[float, float]:
    """The fastest and the median round, for one call."""
    rounds = [one / CALLS * 1e6 for one in timeit.repeat(action, number=CALLS, repeat=ROUNDS)]
    return min(rounds), statistics.median(rounds)


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
        for action, timed in (
            ("decode", lambda raw=raw: decode(raw)),
            ("encode", lambda one=section: encode(one)),
        ):
            fastest, median = microseconds(timed)
            print(f"{name}: {action} {fastest:.1f} µs, median {median:.1f} µs")


if __name__ == "__main__":
    main()
