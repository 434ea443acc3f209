"""spec.json: everything a runner needs to run its stream, checked to the last field, never a secret."""

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SPEC_VERSION = 1
_SIZE_LIMIT = 1 << 20
INFLUX_TOKEN = "influx.token"
"""A secret that the runner makes itself, for each attempt: only its own processor posts to it."""
_SOCKET_NAME = re.compile(r"[a-z_]{1,24}\.sock")
_SECRET_TOKEN = re.compile(r"@\{secret:([A-Za-z0-9_.-]{1,64})\}")


class SpecError(Exception):
    """spec.json or the secrets are wrong; the text names the field, the value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run: its argv with secrets as placeholders, and what is added to the environment."""

    argv: tuple[str, ...]
    env: Mapping[str, str]

    def secret_names(self) -> frozenset[str]:
        """The secrets whose placeholders stand in the argv."""
        return frozenset(name for token in self.argv if (name := secret_name(token)) is not None)


Port = int | str
"""A port on 127.0.0.1 (0 = not used), or the name of a Unix socket of the stream."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports and sockets of one stream."""

    cue: Port
    splice_json: Port
    influx: Port
    analyze_json: Port
    tables: Port = 0
    tap: Port = 0
    """Receives the copy of the output: kept here so that no other stream claims it."""
    input_splice: Port = 0
    pulse: Port = 0
    """Receives copies of the processor's packets; see `ibe100.runner.telemetry.pulse`."""
    source: Port = 0
    """Receives what the source sends: kept here so that no other stream claims it."""
    look: Port = 0
    """Receives a copy of the input while it is passed on without cues."""
    clip: Port = 0
    """Receives a copy of the output, for the recorder; see `ibe100.runner.recorder`."""
    clip_input: Port = 0
    """Receives a copy of the input, for the recorder."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits within which a stream is healthy, and the pauses between attempts when it is not."""

    finite: bool = False
    expect_pts: bool = True
    stall_timeout_s: float = 5.0
    start_timeout_s: float = 20.0
    backoff_base_s: float = 1.0
    backoff_max_s: float = 30.0
    healthy_reset_s: float = 10.0
    term_timeout_s: float = 5.0
    memory_limit_mb: int = 2048


@dataclass(frozen=True, slots=True)
class Spec:
    """One generation of one stream."""

    stream_id: str
    name: str
    generation: int
    engine: str
    processor: Command | None
    """The processor; None while only the source runs, until a respec brings one."""
    source: Command | None
    ports: Ports
    policy: Policy
    pass_through: Command | None = None
    """The processor without anything that depends on the plan: on air until there is a plan that fits."""
    companion_of: str = ""
    """The folder of the stream that this one belongs to; it ends when that stream has no runner any more."""

    def check_secrets(self, secrets: Mapping[str, str]) -> None:
        """SpecError if a placeholder has no secret."""
        commands = [one for one in (self.processor, self.pass_through, self.source) if one is not None]
        missing = sorted(
            set[str]().union(*(c.secret_names() for c in commands)) - secrets.keys() - {INFLUX_TOKEN}
        )
        if missing:
            raise SpecError(
                f"secret {', '.join(missing)} was not handed over; start the stream from the console"
            )


def secret_name(token: str) -> str | None:
    """The name in an argv token `@{secret:NAME}`, None for any other token."""
    match = _SECRET_TOKEN.fullmatch(token)
    return None if match is None else match[1]


def load_spec(path: Path) -> Spec:
    """Read and check a spec. SpecError says what is wrong with it."""
    try:
        with path.open("rb") as file:
            data = file.read(_SIZE_LIMIT + 1)
    except OSError as error:
        raise SpecError(f"{path.name} cannot be read: {error.strerror}") from error
    if len(data) > _SIZE_LIMIT:
        raise SpecError(f"{path.name} is larger than {_SIZE_LIMIT} bytes")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{path.name} is no JSON: {error}") from error
    return parse_spec(value)


def parse_spec(value: object) -> Spec:
    """Check a decoded spec.json. SpecError names the first field that is wrong."""
    top = _Object("spec", value)
    version = top.integer("version", 1, 1 << 31)
    if version != SPEC_VERSION:
        raise SpecError(f"version is {version}; this runner reads version {SPEC_VERSION}")
    source, processor = top.take("source", None), top.take("processor")
    pass_through = top.take("pass_through", None)
    if source is None and processor is None:
        raise SpecError("processor is null; that is allowed only where there is a source")
    spec = Spec(
        stream_id=top.text("stream_id"),
        name=top.text("name"),
        generation=top.integer("generation", 0, 1 << 53),
        engine=top.text("engine"),
        processor=None if processor is None else _command("processor", processor),
        source=None if source is None else _command("source", source),
        pass_through=None if pass_through is None else _command("pass_through", pass_through),
        ports=_ports(top.take("ports")),
        policy=_policy(top.take("policy", {})),
        companion_of=_folder(top.take("companion_of", "")),
    )
    top.refuse_the_rest()
    return spec


def parse_secrets(value: object) -> dict[str, str]:
    """Check the decoded `secrets` object. SpecError never repeats a secret."""
    if not isinstance(value, dict):
        raise SpecError("secrets must be an object of texts")
    for name, text in value.items():
        if _SECRET_TOKEN.fullmatch(f"@{{secret:{name}}}") is None:
            raise SpecError("the name of a secret must be 1 to 64 letters, digits, '_', '.' or '-'")
        if not isinstance(text, str) or not 0 < len(text) <= 16384:
            raise SpecError(f"secret {name} must be a text of 1 to 16384 characters")
    return dict(value)


class _Object:
    """A JSON object whose fields are taken one by one, so that none is overlooked."""

    def __init__(self, where: str, value: object) -> None:
        if not isinstance(value, dict):
            raise SpecError(f"{where} must be an object, not {type(value).__name__}")
        self._prefix = "" if where == "spec" else f"{where}."
        self._rest: dict[str, object] = dict(value)

    def take(self, field: str, *default: object) -> object:
        if field not in self._rest and not default:
            raise SpecError(f"{self._prefix}{field} is missing")
        return self._rest.pop(field, *default)

    def text(self, field: str) -> str:
        value = self.take(field)
        if not isinstance(value, str) or not 0 < len(value) <= 1024:
            raise SpecError(f"{self._prefix}{field} is {value!r}; allowed is a text of 1 to 1024 characters")
        return value

    def integer(self, field: str, lowest: int, highest: int, *default: int) -> int:
        value = self.take(field, *default)
        if type(value) is not int or not lowest <= value <= highest:
            raise SpecError(f"{self._prefix}{field} is {value!r}; allowed is {lowest} to {highest}")
        return value

    def port(self, field: str, *default: Port) -> Port:
        """A port number from 0 up, or the name of a socket."""
        value = self.take(field, *default)
        if isinstance(value, str) and _SOCKET_NAME.fullmatch(value):
            return value
        if type(value) is not int or not 0 <= value <= 65535:
            raise SpecError(f"{self._prefix}{field} is {value!r}; allowed is 0 to 65535, or NAME.sock")
        return value

    def seconds(self, field: str, default: float, lowest: float = 0.0) -> float:
        value = self.take(field, default)
        if type(value) not in (int, float) or not isinstance(value, int | float):
            raise SpecError(f"{self._prefix}{field} is {value!r}; allowed are seconds")
        if not (math.isfinite(value) and lowest <= value <= 86400):
            raise SpecError(f"{self._prefix}{field} is {value!r}; allowed is {lowest} to 86400 s")
        return float(value)

    def flag(self, field: str, default: bool) -> bool:
        value = self.take(field, default)
        if not isinstance(value, bool):
            raise SpecError(f"{self._prefix}{field} is {value!r}; allowed is true or false")
        return value

    def refuse_the_rest(self) -> None:
        if self._rest:
            raise SpecError(f"{self._prefix}{next(iter(self._rest))} is not known")


def _command(where: str, value: object) -> Command:
    fields = _Object(where, value)
    argv = fields.take("argv")
    if not isinstance(argv, list) or not argv:
        raise SpecError(f"{where}.argv must be a list of at least one text")
    for index, token in enumerate(argv):
        if not isinstance(token, str) or "\0" in token:
            raise SpecError(f"{where}.argv[{index}] must be a text without NUL")
    if not argv[0] or secret_name(argv[0]) is not None:
        raise SpecError(f"{where}.argv[0] must name a program")
    env = fields.take("env", {})
    if not isinstance(env, dict):
        raise SpecError(f"{where}.env must be an object of texts")
    for name, text in env.items():
        if not name or "=" in name or "\0" in name or not isinstance(text, str) or "\0" in text:
            raise SpecError(f"{where}.env: {name!r} must be a variable's name with a text as its value")
    fields.refuse_the_rest()
    return Command(tuple(argv), dict(env))


def _folder(value: object) -> str:
    if not isinstance(value, str) or "\0" in value or (value and not Path(value).is_absolute()):
        raise SpecError(f"companion_of is {value!r}; allowed is an absolute path, or an empty text")
    return value


def _ports(value: object) -> Ports:
    fields = _Object("ports", value)
    ports = Ports(**{one.name: fields.port(one.name, 0) for one in dataclasses.fields(Ports)})
    fields.refuse_the_rest()
    if not ports.influx:  # without it nobody could know that packets flow
        raise SpecError("ports.influx is 0; allowed is 1 to 65535, or NAME.sock")
    used = [port for port in dataclasses.astuple(dataclasses.replace(ports, influx=0)) if port]
    if len(set(used)) != len(used):
        raise SpecError(f"ports: UDP port {max(used, key=used.count)} is given twice")
    return ports


def _policy(value: object) -> Policy:
    fields = _Object("policy", value)
    default = Policy()
    policy = Policy(
        finite=fields.flag("finite", default.finite),
        expect_pts=fields.flag("expect_pts", default.expect_pts),
        stall_timeout_s=fields.seconds("stall_timeout_s", default.stall_timeout_s, 0.1),
        start_timeout_s=fields.seconds("start_timeout_s", default.start_timeout_s, 0.1),
        backoff_base_s=fields.seconds("backoff_base_s", default.backoff_base_s, 0.01),
        backoff_max_s=fields.seconds("backoff_max_s", default.backoff_max_s, 0.01),
        healthy_reset_s=fields.seconds("healthy_reset_s", default.healthy_reset_s),
        term_timeout_s=fields.seconds("term_timeout_s", default.term_timeout_s),
        memory_limit_mb=fields.integer("memory_limit_mb", 256, 1_000_000, default.memory_limit_mb),
    )
    fields.refuse_the_rest()
    return policy
