"""An address that an input is shown by is read as that input again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.endpoints.addresses import address_of
from ibe100.models.endpoints.inputs import PlainInput, SwitchedInput
from ibe100.models.endpoints.parse import parse_input, parse_inputs
from ibe100.models.errors import ConfigurationError
from ibe100.models.stream_config import StreamConfig

ports = st.integers(1, 65535)
hosts = st.sampled_from(["192.0.2.1", "2001:db8::1", "encoder.example"])
stream_ids = st.text("abz019#!:,=/+.-_ &%", max_size=20).filter(lambda text: text == text.strip())


def built(**values: Any) -> PlainInput:
    return StreamConfig.model_validate({"name": "One", "input": values}).input  # type: ignore[return-value]


@given(
    st.one_of(
        st.builds(lambda port: built(kind="udp", port=port), ports),
        st.builds(
            lambda port, group: built(kind="udp", port=port, host=group, source="192.0.2.9"),
            ports,
            st.sampled_from(["239.1.1.1", "232.0.0.5"]),
        ),
        st.builds(lambda port: built(kind="udp", port=port, local_address="127.0.0.1"), ports),
        st.builds(
            lambda host, port, latency, name: built(
                kind="srt", host=host, port=port, latency_ms=latency, stream_id=name
            ),
            hosts,
            ports,
            st.integers(20, 8000),
            stream_ids,
        ),
        st.builds(
            lambda port, host: built(kind="srt", mode="listener", port=port, host=host),
            ports,
            st.sampled_from([None, "192.0.2.1"]),
        ),
        st.builds(
            lambda name, variant, height: built(
                kind="hls", url=f"https://cdn.example/{name}", variant=variant, max_height=height
            ),
            st.sampled_from(["live.m3u8", "live", "a/b.m3u"]),
            st.sampled_from(["first", "best", "worst"]),
            st.sampled_from([None, 720]),
        ),
        st.just(built(kind="file", path="/media/a slate.ts")),
        st.just(built(kind="rist", url="rist://192.0.2.1:5000?buffer=500")),
        st.just(built(kind="http", url="https://192.0.2.1/stream.ts")),
    )
)
def test_an_address_names_its_input(source: PlainInput) -> None:
    assert parse_input(address_of(source)) == source


def test_several_addresses_are_a_main_input_and_its_backups() -> None:
    source = parse_inputs(["udp://:5000", "srt://:9000", "/media/slate.ts"])
    assert isinstance(source, SwitchedInput)
    assert [one.kind for one in source.inputs] == ["udp", "srt", "file"]
    assert parse_inputs(["udp://:5000"]).kind == "udp"


@pytest.mark.parametrize("texts", [["udp://:5000", "test://"], ["udp://:5000", "udp://:5000"]])
def test_what_cannot_be_one_of_several_is_refused(texts: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        parse_inputs(texts)
