from __future__ import annotations

import pytest

from ibe100.models.cues.as_run import LoggedStream
from ibe100.models.errors import AmbiguousName, NotFound
from ibe100.services.streams.which_stream import StreamNames, which_stream


def stream(number: int | None, stream_id: str, name: str) -> LoggedStream:
    return LoggedStream(number=number, stream_id=stream_id, name=name)


NEWS, SPORT = stream(1, "news", "News"), stream(2, "sport", "Sport")


@pytest.mark.parametrize("wanted", ["2", "sport", "Sport", " Sport "])
def test_a_stream_is_named_by_its_number_its_id_or_its_name(wanted: str) -> None:
    assert which_stream([NEWS, SPORT], wanted) is SPORT


@pytest.mark.parametrize("wanted", ["", "SPORT", "02", "+2", "0x2", "²", "٢", "3"])
def test_what_names_none_is_told_what_there_is(wanted: str) -> None:
    with pytest.raises(NotFound, match=r"there are: 1 News, 2 Sport$"):
        which_stream([NEWS, SPORT], wanted)
    with pytest.raises(NotFound, match=r"there are: none$"):
        which_stream([], wanted)


def test_digits_are_a_number_and_never_the_name_that_an_older_version_allowed() -> None:
    called_two = stream(1, "first", "2")
    assert which_stream([called_two, SPORT], "2") is SPORT
    assert which_stream([called_two], "1") is called_two
    with pytest.raises(NotFound, match=r"no stream '2' \(digits alone are its number\); there are: 1 2$"):
        which_stream([called_two], "2")


def test_an_old_id_of_digits_counts_unless_it_is_the_number_of_another() -> None:
    seven = stream(1, "7", "7")
    assert which_stream([seven, SPORT], "7") is seven
    with pytest.raises(AmbiguousName, match=r"'7' could mean 1 7 \(id 7\) or 7 Late \(id late\): use"):
        which_stream([seven, stream(7, "late", "Late")], "7")
    assert which_stream([stream(7, "7", "7")], "7").number == 7


@pytest.mark.parametrize(
    "other", [stream(2, "news-2", "News"), stream(2, "News", "Other")], ids=["same name", "name like an id"]
)
def test_a_name_that_two_streams_go_by_is_refused_with_both(other: LoggedStream) -> None:
    with pytest.raises(AmbiguousName) as refused:
        which_stream([NEWS, other], "News")
    assert f"1 News (id news) or 2 {other.name} (id {other.stream_id})" in str(refused.value)
    assert which_stream([NEWS, other], "1") is NEWS
    assert which_stream([NEWS, other], other.stream_id if other.name == "News" else "Other") is other


def test_streams_of_the_list_go_before_those_that_were_taken_off_it() -> None:
    gone, longer_gone = stream(None, "news-1", "News"), stream(None, "late", "Late")
    assert which_stream([NEWS, gone, longer_gone], "News") is NEWS
    assert which_stream([NEWS, gone, longer_gone], "news-1") is gone
    assert which_stream([NEWS, gone, longer_gone], "Late") is longer_gone


@pytest.mark.parametrize(
    "streams",
    [
        [NEWS, SPORT],
        [NEWS, stream(2, "news-2", "News")],
        [stream(1, "2", "2"), stream(2, "1", "One")],
        [stream(1, "a", "b"), stream(2, "b", "a")],
    ],
)
def test_a_reference_to_a_stream_finds_it_again(streams: list[LoggedStream]) -> None:
    names = StreamNames(streams)
    for one in streams:
        if (one.stream_id, one.name) != (
            "2",
            "2",
        ):  # both its number and its id mean another too
            assert names.find(names.reference_to(one.stream_id)) is one
    assert names.reference_to("gone") == "gone"
