"""CRC_32 as written and as checked agree with the published check value and with the standard's register."""

from hypothesis import given
from hypothesis import strategies as st

from ibe100.utils.crc import has_right_crc32, with_crc32


def register(data: bytes) -> int:
    """CRC_32 decoder register of ISO/IEC 13818-1 annex A after `data`, bit by bit."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value


def test_crc_of_the_check_string_is_the_published_one() -> None:
    assert with_crc32(b"123456789")[-4:] == bytes.fromhex("0376E6E7")


@given(st.binary(max_size=300))
def test_a_section_gets_the_crc_that_leaves_the_register_at_zero(data: bytes) -> None:
    whole = with_crc32(data)
    assert whole == data + register(data).to_bytes(4, "big")
    assert register(whole) == 0
    assert has_right_crc32(whole)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_one_wrong_bit_is_noticed(data: bytes, draw: st.DataObject) -> None:
    whole = bytearray(with_crc32(data))
    whole[draw.draw(st.integers(0, len(whole) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    assert not has_right_crc32(bytes(whole))


@given(st.binary(max_size=12))
def test_the_check_is_right_exactly_where_the_register_is_zero(data: bytes) -> None:
    assert has_right_crc32(data) == (register(data) == 0)
