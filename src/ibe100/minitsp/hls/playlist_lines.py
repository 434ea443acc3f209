"""Lines of an HLS playlist: tags and addresses, with their variables (EXT-X-DEFINE) put in."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urljoin, urlsplit

from ibe100.minitsp.hls.playlist_values import UnreadablePlaylist

_FIRST_LINE: Final = "#EXTM3U"
_NEW_LINE: Final = re.compile(r"\r\n|\n|\r")
# A name begins where none was before: else each letter of a long one would be tried as a beginning.
_ATTRIBUTE: Final = re.compile(r'(?<![A-Za-z0-9-])([A-Za-z0-9-]+)\s*=\s*("[^"]*"|[^,]*)(?:,|$)')
_REFERENCE: Final = re.compile(r"\{\$([A-Za-z0-9_-]+)\}")
_MOST_FAULTS: Final = 8
_MOST_PUT_IN: Final = 8 << 20
"""Characters that variables may add to a playlist: some bytes of it could name gigabytes."""
_MOST_SHOWN: Final = 60


@dataclass(slots=True)
class Faults:
    """Lines that are passed over, in words; the first few are kept."""

    told: list[str] = field(default_factory=list)

    def note(self, number: int, line: str, reason: object) -> None:
        """Note a line; its query may hold a secret and is not repeated."""
        if len(self.told) < _MOST_FAULTS:
            name = line.partition(":")[0].lstrip("#") if line.startswith("#") else "address"
            shown = line.partition("?")[0][:_MOST_SHOWN]
            self.told.append(f"invalid {name} in line {number}, {reason}: {shown}")


def lines_of(
    text: str, url: str, imported: Mapping[str, str], faults: Faults
) -> tuple[list[tuple[int, str]], dict[str, str]]:
    """The numbered lines that mean something, and the variables that they define.

    Variables are those of RFC 8216bis clause 4.4.2.3: a value, one of the master playlist (`imported`), or a
    parameter of the playlist's own address. Raises UnreadablePlaylist for what is no playlist, and for a
    variable that is used without a value: no address would be right.
    """
    lines = _NEW_LINE.split(text.lstrip("\ufeff \t\r\n"))
    if not lines[0].startswith(_FIRST_LINE):
        raise UnreadablePlaylist("this is no HLS playlist: it does not begin with #EXTM3U")
    variables: dict[str, str] = {}
    value_in = _value_in(variables, faults)
    found = []
    for number, line in enumerate(map(str.strip, lines), 1):
        if line.startswith("#EXT-X-DEFINE:"):
            try:
                variables |= _defined(attributes(line.partition(":")[2]), url, imported)
            except ValueError as error:
                faults.note(number, line, error)
        elif line.startswith("#EXTINF"):
            found.append((number, line))  # its title may hold anything
        elif line and (line.startswith("#EXT") or not line.startswith("#")):
            found.append((number, _REFERENCE.sub(value_in, line)))
    return found, variables


def attributes(text: str) -> dict[str, str]:
    """An attribute list (RFC 8216 clause 4.2) by name, without quotes."""
    return {name.upper(): value.strip().strip('"') for name, value in _ATTRIBUTE.findall(text)}


def address(base: str, uri: str) -> str:
    """The URL that a line of the playlist at `base` names. Raises ValueError if it is none."""
    url = urljoin(base, uri)
    parts = urlsplit(url)
    if not uri or parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("this is no address of HTTP")
    return url


def tags_of(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    """(number, tag, rest of the line); the tag of an address is empty."""
    for number, line in lines:
        if line.startswith("#"):
            tag, _, rest = line.partition(":")
            yield number, tag, rest
        else:
            yield number, "", line


def _defined(attribute: Mapping[str, str], url: str, imported: Mapping[str, str]) -> dict[str, str]:
    if name := attribute.get("NAME"):
        return {name: attribute.get("VALUE", "")}
    if name := attribute.get("IMPORT"):
        if name not in imported:
            raise ValueError("the master playlist has no such variable")
        return {name: imported[name]}
    if name := attribute.get("QUERYPARAM"):
        values = parse_qs(urlsplit(url).query, keep_blank_values=True).get(name)
        if not values:
            raise ValueError("the address of the playlist has no such parameter")
        return {name: values[0]}
    raise ValueError("it names no variable")


def _value_in(variables: Mapping[str, str], faults: Faults) -> Callable[[re.Match[str]], str]:
    left = _MOST_PUT_IN

    def value(reference: re.Match[str]) -> str:
        nonlocal left
        if reference[1] not in variables:
            reason = f" ({faults.told[0]})" if faults.told else ""
            raise UnreadablePlaylist(f"the HLS playlist uses {reference[0]}, which has no value{reason}")
        left -= len(variables[reference[1]])
        if left < 0:
            raise UnreadablePlaylist(
                f"the variables of the HLS playlist name over {_MOST_PUT_IN:,} characters"
            )
        return variables[reference[1]]

    return value
