"""The settings: file < named environment's file < IBE100_* < command line; a wrong one is refused by name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ibe100.models.backup import BackupPlan
from ibe100.models.base import FolderPath, Value, describe_error
from ibe100.models.clips.plan import ClipPlan
from ibe100.models.console import ConsolePlan
from ibe100.models.directory import DirectoryPlan
from ibe100.models.endpoints.fields import Host, Port, is_loopback
from ibe100.models.errors import ConfigurationError
from ibe100.models.records.database import DatabasePlan
from ibe100.models.runner_policy import RunnerPolicy
from ibe100.models.settings.cluster import ClusterPlan
from ibe100.models.settings.forms import told
from ibe100.models.settings.hooks import HookPlan
from ibe100.models.settings.sound import SoundPlan
from ibe100.models.stream_config import Engine
from ibe100.utils.program import source_root

PREFIX = "IBE100_"
NESTED = "__"
SECRET_KEY_VARIABLE = "IBE100_SECRET_KEY"
DATABASE_PASSWORD_VARIABLE = "IBE100_DATABASE_PASSWORD"
ENVIRONMENT_VARIABLE = "IBE100_ENVIRONMENT"
"""`staging` lays `app_config.staging.json` over `app_config.json` beside it."""
FILE_VARIABLE = "IBE100_SETTINGS_FILE"
"""Another file in the place of `app_config.json`."""
PROGRAM = Path(__file__).resolve().parents[1]
"""Folder of the program itself."""
_NOT_SETTINGS = frozenset(
    {SECRET_KEY_VARIABLE, DATABASE_PASSWORD_VARIABLE, ENVIRONMENT_VARIABLE, FILE_VARIABLE}
)


class FolderSettings(Value):
    """Folders of data, logs and state; None takes the default of `core.folders`."""

    data_dir: Annotated[
        FolderPath | None,
        told("Data folder", "Database, profiles and backups; empty is the platform's own."),
    ] = None
    log_dir: Annotated[
        FolderPath | None, told("Log folder", "Empty is logs, in the data folder where one is given.")
    ] = None
    state_dir: Annotated[
        FolderPath | None,
        told("State folder", "Folder of the runners; empty is state in the data folder."),
    ] = None


class MediaSettings(Value):
    """Files that streams read and write."""

    folders: Annotated[
        tuple[FolderPath, ...],
        told(
            "Media folders",
            "Streams may read and write files here, beside the console's own media folder; one a line.",
        ),
    ] = ()


class EngineSettings(Value):
    """Processor of streams that do not name one."""

    kind: Annotated[
        Engine,
        told(
            "Processor",
            "Runs the streams that do not name one; auto takes TSDuck's tsp where it is found.",
            words={"auto": "Auto", "tsduck": "TSDuck", "builtin": "Built-in"},
        ),
    ] = Engine.AUTO
    tsp_path: Annotated[FolderPath | None, told("Path of tsp", "The tsp to use; empty looks on PATH.")] = None


class LoggingSettings(Value):
    """Level and rotation of app.log; errors.log and audit.log are always written."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        told("Level", "What app.log holds; errors.log and audit.log are always written."),
    ] = "info"
    max_bytes: Annotated[
        int,
        Field(ge=10_000, le=1_000_000_000),
        told("Size of a file", "A log file is rotated before it grows beyond this.", "bytes"),
    ] = 10_000_000
    backups: Annotated[
        int, Field(ge=1, le=100), told("Rotated files", "So many older ones of each log are kept unpacked.")
    ] = 5
    archive_days: Annotated[
        int,
        Field(ge=1, le=3660),
        told(
            "Archive kept for",
            "Older files are packed beside them and kept so long; audit.log is kept for ever.",
            "days",
        ),
    ] = 90


class CueSettings(Value):
    """The proof of a cue and the memory of its id."""

    seen_timeout_s: Annotated[
        float,
        Field(ge=0.5, le=60),
        told(
            "Seen on the output within",
            "A cue not seen on the output this long after it was due is FAILED.",
            "s",
        ),
    ] = 2.0
    unusual_break_s: Annotated[
        float,
        Field(gt=0, le=86_400),
        told(
            "Unusual break from",
            "Before a break longer than this is fired, it is said that it is unusually long.",
            "s",
        ),
    ] = 900.0
    event_id_retention_days: Annotated[
        int,
        Field(ge=1, le=3660),
        told(
            "Event ids kept for",
            "A splice_event_id is not used again within this time while others are free.",
            "days",
        ),
    ] = 366


class ApiSettings(Value):
    """The REST API and its WebSocket; see docs/api.md."""

    enabled: Annotated[
        bool, told("REST API", "Automation and other machines may ask for cues, by their tokens.")
    ] = False
    host: Annotated[Host, told("Address", "Address to listen on; 0.0.0.0 is all of this machine's.")] = (
        "127.0.0.1"
    )
    port: Annotated[Port, told("Port", "TCP port to listen on.")] = 8100
    certificate: Annotated[
        FolderPath | None,
        told("TLS certificate", "PEM, with the chain; with the private key it is HTTPS."),
    ] = None
    private_key: Annotated[
        FolderPath | None, told("TLS private key", "PEM; goes together with the certificate.")
    ] = None
    plain_http_beyond_loopback: Annotated[
        bool,
        told(
            "Without TLS beyond this machine",
            "Lets passwords, tokens and cues cross the network in clear.",
        ),
    ] = False
    host_names: Annotated[
        tuple[str, ...],
        told(
            "Names of this machine",
            "By which clients call it, beside its addresses and localhost; one a line.",
        ),
    ] = ()
    reads_per_s: Annotated[
        float,
        Field(ge=1, le=100_000),
        told(
            "Reads of one token",
            "In the long run, twice as many at first; changes and cues are not counted.",
            "per s",
        ),
    ] = 50
    allowed_origins: Annotated[
        tuple[str, ...],
        told("Web pages that may use it", "Such as https://dashboard.example, one a line; none without."),
    ] = ()

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if (self.certificate is None) is not (self.private_key is None):
            raise ValueError("certificate and private_key go together: give both or none")
        beyond = not is_loopback(self.host)
        if beyond and self.certificate is None and not self.plain_http_beyond_loopback:
            raise ValueError(
                f"host {self.host} can be reached from other machines: give certificate and private_key, or "
                "set plain_http_beyond_loopback if passwords and tokens may cross the network in clear"
            )
        return self


class AppConfig(BaseSettings):
    """Settings, frozen. Build them with `load`; built directly they hold the defaults."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, env_prefix=PREFIX, env_nested_delimiter=NESTED
    )

    folders: FolderSettings = FolderSettings()
    media: MediaSettings = MediaSettings()
    engine: EngineSettings = EngineSettings()
    runner: RunnerPolicy = RunnerPolicy()
    logging: LoggingSettings = LoggingSettings()
    cues: CueSettings = CueSettings()
    database: DatabasePlan = DatabasePlan()
    cluster: ClusterPlan = ClusterPlan()
    backup: BackupPlan = BackupPlan()
    api: ApiSettings = ApiSettings()
    console: ConsolePlan = ConsolePlan()
    ldap: DirectoryPlan = DirectoryPlan()
    sound: SoundPlan = SoundPlan()
    hooks: HookPlan = HookPlan()
    clips: ClipPlan = ClipPlan()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`load` merges the sources itself, so that an error can say where a value came from."""
        return (init_settings,)


def default_file() -> Path:
    """`config/app_config.json` of the checkout, or the user's own of an installed console."""
    root = source_root()
    folder = root / "config" if root is not None else platformdirs.user_config_path("ibe100", appauthor=False)
    return folder / "app_config.json"


def settings_files(file: Path | None = None) -> tuple[Path, ...]:
    """The files that settings are read from, the one that goes before first. Raises ConfigurationError."""
    path = file or _given_file() or default_file()
    name = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if not name:
        return (path,)
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name):
        raise ConfigurationError(
            f"{ENVIRONMENT_VARIABLE} {name!r} names no environment: small letters, digits, - and _ only"
        )
    return (path.with_name(f"{path.stem}.{name}{path.suffix}"), path)


def _given_file() -> Path | None:
    given = os.environ.get(FILE_VARIABLE, "")
    return Path(given).expanduser().absolute() if given else None


def read_file(path: Path, required: bool) -> dict[str, Any]:
    """Settings in a file; nothing is checked but that it holds a JSON object."""
    try:
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        if required:
            raise ConfigurationError(f"The settings file {path} does not exist.") from None
        return {}
    except OSError as error:
        raise ConfigurationError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"The settings file {path} is not JSON: {error}.") from error
    if not isinstance(values, dict):
        raise ConfigurationError(f"The settings file {path} must hold one JSON object.")
    return values


def sources(
    overrides: Mapping[str, Any] | None = None,
    file: Path | None = None,
    read: Callable[[Path, bool], dict[str, Any]] = read_file,
) -> dict[str, dict[str, Any]]:
    """Settings by the place that sets them; the place that wins comes first.

    A `file` named by the caller or a variable and that of a named environment must be there, the default one
    may be missing. Raises ConfigurationError.
    """
    *layers, base = settings_files(file)
    return {
        "the command line": dict(overrides or {}),
        "the environment": _from_environment(),
        **{str(path): read(path, True) for path in layers},
        str(base): read(base, (file or _given_file()) is not None),
    }


def load(overrides: Mapping[str, Any] | None = None, file: Path | None = None) -> AppConfig:
    """The settings of this run; `overrides` is nested, such as `{"engine": {"kind": "builtin"}}`.

    Raises ConfigurationError with the setting's name, its value, what is allowed and where it was set.
    """
    return merged_settings(sources(overrides, file))


def merged_settings(places: Mapping[str, Mapping[str, Any]]) -> AppConfig:
    """The settings of these places, the one that goes before first. Raises ConfigurationError."""
    merged: dict[str, Any] = {}
    for place in reversed(list(places)):
        merged = _merged(merged, places[place])
    try:
        return AppConfig(**merged)
    except ValidationError as error:
        named = {place_of(fault["loc"], places): None for fault in error.errors(include_url=False)}
        raise ConfigurationError(f"Setting {describe_error(error)} (from {', '.join(named)})") from error


def place_of(
    location: tuple[int | str, ...], places: Mapping[str, Mapping[str, Any]], otherwise: str = ""
) -> str:
    """The place that sets the setting at `location`; `otherwise` (or else the last place) when none does."""
    found = (place for place, values in places.items() if _holds(values, location))
    return next(found, otherwise or list(places)[-1])


def _from_environment() -> dict[str, Any]:
    for variable in _variables():
        section = variable[len(PREFIX) :].partition(NESTED)[0].lower()
        if section not in AppConfig.model_fields:
            raise ConfigurationError(
                f"The environment variable {variable} is no setting; settings are "
                f"{', '.join(f'{PREFIX}{name.upper()}{NESTED}…' for name in AppConfig.model_fields)}"
            )
    try:
        return EnvSettingsSource(AppConfig)()
    except SettingsError as error:
        raise ConfigurationError(f"The environment ({PREFIX}…): {error}") from error


def _variables() -> Iterator[str]:
    return (name for name in os.environ if name.upper().startswith(PREFIX) and name not in _NOT_SETTINGS)


def _merged(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _holds(values: Any, location: tuple[int | str, ...]) -> bool:
    for part in location:
        if not isinstance(values, dict) or part not in values:
            return False
        values = values[part]
    return True
