"""Options of tsp's command line: how each plugin declares its own, and how their values read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from ibe100.models.errors import OperatorError
from ibe100.mpegts.constants import PID_COUNT
from ibe100.runner.local_socket import socket_path

MAX_PID: Final = PID_COUNT - 1
_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0"})


class OptionError(OperatorError):
    """A command line that cannot be run; the text is what tsp would print after the plugin's name."""


class UnknownOption(OptionError):
    """An option that is not declared; `name` without dashes, of a letter or of the long form."""

    def __init__(self, name: str, is_letter: bool = False) -> None:
        super().__init__(f"unknown option {'-' if is_letter else '--'}{name}")
        self.name = name
        self.is_letter = is_letter


class OptionKind(Enum):
    """Type of an option's value."""

    FLAG = auto()  # takes no value
    TEXT = auto()
    INTEGER = auto()  # decimal with thousands separators, or 0x…
    DECIMAL = auto()  # a number that may have a fraction
    PID = auto()
    PID_RANGE = auto()  # pid or pid1-pid2
    INTEGER_RANGE = auto()  # n or n1-n2
    BOOLEAN = auto()  # true/yes/on/1 or false/no/off/0
    PAIR = auto()  # two integers: 1/20, 500/0x86
    ADDRESS = auto()  # [address:]port
    LOCAL_ADDRESS = auto()  # the same, or unix:path of a Unix datagram socket, which tsp has not


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its long name without dashes, how its value reads, and its limits."""

    name: str
    kind: OptionKind = OptionKind.FLAG
    short: str | None = None
    repeatable: bool = False
    value_optional: bool = False
    minimum: int = 0
    maximum: int | None = None
    is_of_tsp: bool = True
    """False for an option that tsp has not; the tests compare all others with a real tsp's."""


class OptionTable:
    """The options of one plugin, and how many positional parameters it takes.

    `max_parameters` None = any number.
    """

    def __init__(self, *options: Option, max_parameters: int | None = 0) -> None:
        self.max_parameters = max_parameters
        self._by_name = {option.name: option for option in options}
        self._by_short = {option.short: option for option in options if option.short}

    def __iter__(self) -> Iterator[Option]:
        return iter(self._by_name.values())

    def option(self, name: str) -> Option | None:
        """The declaration of an option, None where there is none."""
        return self._by_name.get(name)

    def parse(self, tokens: Sequence[str]) -> "Arguments":
        """Read a plugin's part of the command line. Raises OptionError naming the option."""
        values: dict[str, list[str | None]] = {}
        parameters: list[str] = []
        position = 0
        while position < len(tokens):
            token = tokens[position]
            position += 1
            option, value = self._split(token)
            if option is None:
                parameters.append(token)
                continue
            if option.kind is OptionKind.FLAG:
                if value is not None:
                    raise OptionError(f"no value allowed for option --{option.name}")
            elif value is None and not option.value_optional:
                if position == len(tokens):
                    raise OptionError(f"missing value for option --{option.name}")
                value = tokens[position]
                position += 1
            seen = values.setdefault(option.name, [])
            if seen and not option.repeatable:
                raise OptionError(f"option --{option.name} is given more than once")
            seen.append(value)
        if self.max_parameters is not None and len(parameters) > self.max_parameters:
            raise OptionError(f"unexpected parameter {parameters[self.max_parameters]!r}")
        arguments = Arguments(self._by_name, values, tuple(parameters))
        arguments.check()
        return arguments

    def _split(self, token: str) -> tuple[Option | None, str | None]:
        """The option a token names and the value joined to it; (None, None) for a parameter."""
        if token.startswith("--") and len(token) > 2:
            name, equals, value = token[2:].partition("=")
            return self._long(name), value if equals else None
        if token.startswith("-") and len(token) > 1:
            short = self._by_short.get(token[1])
            if short is None:
                raise UnknownOption(token[1], is_letter=True)
            return short, token[2:] or None
        return None, None

    def _long(self, name: str) -> Option:
        """The option of that name, or the only one that begins with it (tsp accepts abbreviations)."""
        exact = self._by_name.get(name)
        if exact is not None:
            return exact
        candidates = [option for key, option in self._by_name.items() if key.startswith(name)]
        if len(candidates) > 1:
            names = ", ".join(f"--{option.name}" for option in candidates)
            raise OptionError(f"ambiguous option --{name} ({names})")
        if not candidates:
            raise UnknownOption(name)
        return candidates[0]


class Arguments:
    """Options and parameters given to a plugin. Every accessor takes an option's long name without dashes."""

    def __init__(
        self,
        declared: dict[str, Option],
        values: dict[str, list[str | None]],
        parameters: tuple[str, ...],
    ) -> None:
        self._declared = declared
        self._values = values
        self.parameters = parameters

    def present(self, name: str) -> bool:
        """True if the option was given."""
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        """The value, "" for one left out after an optional value, `default` if the option is absent."""
        found = self._values.get(name)
        return default if found is None else (found[-1] or "")

    def texts(self, name: str) -> list[str]:
        """Every value of a repeatable option."""
        return [value or "" for value in self._values.get(name, [])]

    def integer(self, name: str, default: int = 0) -> int:
        """An INTEGER or PID value."""
        found = self._values.get(name)
        return default if found is None or found[-1] is None else self._integer(name, found[-1])

    def integers(self, name: str) -> list[int]:
        """Every value of a repeatable INTEGER or PID option."""
        return [self._integer(name, text) for text in self.texts(name)]

    def decimal(self, name: str, default: float = 0.0) -> float:
        """A DECIMAL value."""
        found = self._values.get(name)
        if found is None or found[-1] is None:
            return default
        try:
            return float(found[-1].replace(",", ""))
        except ValueError:
            raise OptionError(f"invalid value {found[-1]} for option --{name}") from None

    def optional_text(self, name: str) -> str | None:
        """A value as `text` gives it, None if the option is absent."""
        return self.text(name) if self.present(name) else None

    def optional_integer(self, name: str) -> int | None:
        """An INTEGER or PID value, None if the option is absent."""
        return self.integer(name) if self.present(name) else None

    def pids(self, name: str) -> frozenset[int]:
        """All PIDs of a repeatable PID_RANGE or INTEGER_RANGE option."""
        result: set[int] = set()
        for text in self.texts(name):
            first, dash, last = text.partition("-")
            low = self._integer(name, first)
            high = self._integer(name, last) if dash else low
            if high < low:
                raise OptionError(f"invalid range {text} for option --{name}")
            result.update(range(low, high + 1))
        return frozenset(result)

    def boolean(self, name: str, default: bool = False) -> bool:
        """A BOOLEAN value; an option given without one is true."""
        found = self._values.get(name)
        if found is None:
            return default
        text = (found[-1] or "true").lower()
        if text not in _TRUE | _FALSE:
            raise OptionError(f"invalid boolean value {text} for option --{name}")
        return text in _TRUE

    def pairs(self, name: str) -> list[tuple[int, int]]:
        """Every a/b of a PAIR option."""
        result = []
        for text in self.texts(name):
            first, slash, second = text.partition("/")
            if not slash:
                raise OptionError(f"invalid value {text} for option --{name}, use two numbers with a slash")
            result.append((self._integer(name, first), parse_integer(second, f"option --{name}")))
        return result

    def address(self, name: str) -> tuple[str, int]:
        """An [address:]port value; the address is "" when left out."""
        return parse_address(self.text(name), f"option --{name}")

    def socket(self, name: str) -> str | None:
        """The path of a unix:path value; None for an [address:]port."""
        return socket_path(self.text(name)) or None

    def parameter(self, what: str) -> str:
        """The first parameter. OptionError names `what` where there is none."""
        if not self.parameters:
            raise OptionError(f"missing parameter {what}")
        return self.parameters[0]

    def exclude(self, *names: str) -> None:
        """Raise OptionError if more than one of these options is given."""
        if sum(map(self.present, names)) > 1:
            *others, last = (f"--{name}" for name in names)
            raise OptionError(f"options {', '.join(others)} and {last} are mutually exclusive")

    def check(self) -> None:
        """Read every value once, so that a wrong one is refused before anything starts."""
        readers: dict[OptionKind, Callable[[str], object]] = {
            OptionKind.INTEGER: self.integer,
            OptionKind.PID: self.integer,
            OptionKind.DECIMAL: self.decimal,
            OptionKind.PID_RANGE: self.pids,
            OptionKind.INTEGER_RANGE: self.pids,
            OptionKind.BOOLEAN: self.boolean,
            OptionKind.PAIR: self.pairs,
            OptionKind.ADDRESS: self.address,
            OptionKind.LOCAL_ADDRESS: lambda name: self.socket(name) or self.address(name),
        }
        for name in self._values:
            reader = readers.get(self._declared[name].kind)
            if reader is not None:
                reader(name)

    def _integer(self, name: str, text: str) -> int:
        option = self._declared[name]
        value = parse_integer(text, f"option --{name}")
        is_pid = option.kind in (OptionKind.PID, OptionKind.PID_RANGE)
        maximum = MAX_PID if is_pid else option.maximum
        if value < option.minimum:
            raise OptionError(f"value for option --{name} must be >= {option.minimum:,}")
        if maximum is not None and value > maximum:
            raise OptionError(f"value for option --{name} must be <= {maximum:,}")
        return value


def parse_integer(text: str, what: str) -> int:
    """A decimal (thousands separators allowed) or 0x… number; OptionError names `what`."""
    digits = text.strip().replace(",", "")
    try:
        return int(digits, 16) if digits.lower().startswith("0x") else int(digits)
    except ValueError:
        raise OptionError(f"invalid integer value {text} for {what}") from None


def parse_address(text: str, what: str) -> tuple[str, int]:
    """An [address:]port; the address may be "", IPv6 loses its brackets. OptionError names `what`."""
    address, _, port_text = text.rpartition(":")
    address = address.removeprefix("[").removesuffix("]")
    port = parse_integer(port_text, what)
    if not 0 <= port <= 0xFFFF:
        raise OptionError(f"invalid port {port_text} for {what}")
    return address, port
