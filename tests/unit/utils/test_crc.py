"""The ways to write and to check a CRC_32 agree with the number itself."""

from hypothesis import given
from hypothesis import strategies as st

from ibe100.utils.crc import crc32_mpeg, has_right_crc32, with_crc32


@given(st.binary(max_size=300))
def test_a_section_gets_the_crc_that_makes_its_whole_zero(data: bytes) -> None:
    whole = with_crc32(data)
    assert whole == data + crc32_mpeg(data).to_bytes(4, "big")
    assert crc32_mpeg(whole) == 0
    assert has_right_crc32(whole)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_one_wrong_bit_is_noticed(data: bytes, draw: st.DataObject) -> None:
    whole = bytearray(with_crc32(data))
    whole[draw.draw(st.integers(0, len(whole) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    assert not has_right_crc32(bytes(whole))


@given(st.binary(max_size=12))
def test_the_check_is_right_exactly_where_the_crc_is_zero(data: bytes) -> None:
    assert has_right_crc32(data) == (crc32_mpeg(data) == 0)
