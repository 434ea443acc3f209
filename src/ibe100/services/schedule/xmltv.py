"""Ad breaks in a file shaped like XMLTV: `<programme start stop channel>` with `<ad-break>` in it.

XMLTV itself has no element for breaks; `ad-break` is ours. It carries `start` (a time) or `offset` (from the
start of the programme), and `duration` or `stop`. The channel names the stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.parsers import expat

from ibe100.models.errors import ConfigurationError
from ibe100.services.schedule.times import format_moment, parse_duration, parse_moment
from ibe100.utils.long_work import Turns

XmltvRow = tuple[int, Mapping[str, str], str]
"""Number, values by the columns of `schedule_import`, error."""
LONGEST_TITLE = 60
PIECE = 4096
"""Bytes that are parsed at a stretch: some hundred elements."""


def xmltv_rows(data: bytes, name: str, time_zone: str, turns: Turns) -> Iterator[XmltvRow]:
    """One row per `ad-break`, counted from 1; times without an offset are those of `time_zone`.

    Raises ConfigurationError for what is no XML, no `tv` document, or defines entities; WorkStopped.
    """
    reader = _Reader(time_zone)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: reader.begin(
        tag, attributes, parser.CurrentLineNumber
    )
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.refuse_entity
    for start in turns.each(range(0, max(1, len(data)), PIECE)):
        try:
            parser.Parse(data[start : start + PIECE], start + PIECE >= len(data))
        except (expat.ExpatError, LookupError) as error:  # an encoding nobody knows is a LookupError
            raise ConfigurationError(f"{name} is no XML: {error}") from error
        yield from reader.take()
    if not reader.is_tv:
        raise ConfigurationError(f"{name}: a <tv> document is expected")


class _Reader:
    """Follows the elements; titles come before or after the breaks of their programme."""

    def __init__(self, time_zone: str) -> None:
        self._time_zone = time_zone
        self.is_tv = False
        self._rows: list[XmltvRow] = []
        self._count = 0
        self._depth = 0
        self._programme: Mapping[str, str] | None = None
        self._breaks: list[tuple[int, Mapping[str, str]]] = []
        self._title = ""
        self._in_title = False

    def begin(self, tag: str, attributes: Mapping[str, str], line: int) -> None:
        self._depth += 1
        if self._depth == 1:
            self.is_tv = tag == "tv"
        elif tag == "programme":
            self._programme, self._title, self._breaks = attributes, "", []
        elif tag == "title" and self._programme is not None and not self._title:
            self._in_title = True
        elif tag == "ad-break":
            if self._programme is None:
                self._add(line, {}, "an ad-break stands in a programme")
            else:
                self._breaks.append((line, attributes))

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag == "title":
            self._in_title = False
        elif tag == "programme" and self._programme is not None:
            programme, self._programme = self._programme, None
            for number, (line, attributes) in enumerate(self._breaks, start=1):
                try:
                    title = f"{self._title.strip()[:LONGEST_TITLE] or 'Break'} {number}"
                    self._add(line, _values(programme, attributes, title, self._time_zone))
                except ConfigurationError as error:
                    self._add(line, {}, str(error))

    def _add(self, line: int, values: Mapping[str, str], error: str = "") -> None:
        self._count += 1
        self._rows.append((self._count, values, error and f"line {line}: {error}"))

    def take(self) -> list[XmltvRow]:
        """The rows that are new."""
        rows, self._rows = self._rows, []
        return rows

    def text(self, text: str) -> None:
        if self._in_title and len(self._title) <= LONGEST_TITLE:
            self._title += text

    def refuse_entity(self, name: str, *_definition: object) -> None:
        raise ConfigurationError(f"the file defines an entity ({name}): save it without")


def _values(
    programme: Mapping[str, str], attributes: Mapping[str, str], title: str, time_zone: str
) -> dict[str, str]:
    if ("start" in attributes) == ("offset" in attributes):
        raise ConfigurationError("an ad-break has either start or offset")
    begins = parse_moment(programme.get("start", ""), time_zone)
    start = parse_moment(attributes["start"], time_zone) if "start" in attributes else None
    if start is None:
        start = begins + parse_duration(attributes["offset"])
    ends = parse_moment(programme["stop"], time_zone) if "stop" in programme else None
    if start < begins or (ends is not None and start >= ends):
        raise ConfigurationError(f"{format_moment(start)} lies outside of its programme")
    values = {
        "stream": programme.get("channel", ""),
        "start": format_moment(start),
        "title": title,
    }
    if "stop" in attributes:
        values["duration"] = str(parse_moment(attributes["stop"], time_zone) - start)
    if "duration" in attributes:
        values["duration"] = attributes["duration"]
    return values
