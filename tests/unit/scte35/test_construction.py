"""What the codec builds quickly is no other value than its class builds, and as frozen."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from ibe100.scte35 import decode, encode, splice_insert, time_signal
from ibe100.scte35.construction import fast_constructor
from ibe100.scte35.values import SegmentationDescriptor, SegmentationUpid, SpliceInfoSection, SpliceNull

INSERT = splice_insert(1, True, pts_time=900_000, duration_pts=2_700_000)
SIGNAL = time_signal(
    SegmentationDescriptor(7, segmentation_duration=1, upid=SegmentationUpid(8, bytes(8))), pts_time=900_000
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A value with each way of having a default."""

    needed: int
    given: str = "x"
    made: tuple[int, ...] = field(default_factory=tuple)


def test_quick_takes_the_arguments_and_defaults_of_the_class() -> None:
    build = fast_constructor(Sample)
    assert build(1) == Sample(1)
    assert build(1, made=(2,)) == Sample(1, "x", (2,))
    with pytest.raises(TypeError, match="needed"):
        build()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="other"):
        build(1, other=2)  # type: ignore[call-arg]


@pytest.mark.parametrize("section", [INSERT, SIGNAL])
def test_what_is_decoded_is_of_the_class_itself_and_frozen(section: SpliceInfoSection) -> None:
    read = decode(encode(section))
    assert read == section
    assert hash(read) == hash(section)
    assert repr(read) == repr(section)
    for value in (read, read.command, *read.descriptors):
        first = fields(value)
        if first:
            with pytest.raises(FrozenInstanceError):
                setattr(value, first[0].name, 1)
            with pytest.raises(FrozenInstanceError):
                delattr(value, first[0].name)
    assert type(read) is SpliceInfoSection
    assert type(read.command) is type(section.command)


def test_what_is_decoded_can_be_copied_changed_and_pickled() -> None:
    read = decode(encode(SIGNAL))
    assert copy.deepcopy(read) == read
    assert pickle.loads(pickle.dumps(read)) == read
    assert replace(read, command=SpliceNull()).command == SpliceNull()
