"""What every test may rely on: Qt without a display, streams to read, a real tsp where one is asked for."""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

from made_fonts import made_fonts
from places import CAPTURES, MEDIA, ROOT

# A shell starts its background jobs with SIGINT ignored, and their children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Before the first import of PyQt6, which reads them once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["FONTCONFIG_FILE"] = str(made_fonts(ROOT / ".cache"))

# A loaded machine must not fail a property; CI tries the same examples each time.
set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
settings.register_profile(
    "ibe100",
    max_examples=50,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ibe100")


def pytest_collection_finish() -> None:
    """Keeps the collector of cyclic garbage off what is imported: walking it takes longer than most tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def quick_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Services that neither walk and freeze the heap again nor hash passwords with much work, and whose new
    databases are copies of one that was migrated once."""

    @cache
    def migrated() -> Path:
        path = tmp_path_factory.mktemp("schema") / "ibe100.db"
        sys.modules["ibe100.database.upgrade"].prepare(path, 0.0)
        return path

    def prepare_copy(path: Path, now: float) -> tuple[str, ...]:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                shutil.copyfile(migrated(), path)
        told: tuple[str, ...] = sys.modules["ibe100.database.upgrade"].prepare(path, now)
        return told

    cheaper = (
        ("ibe100.database.database", "prepare", prepare_copy),
        ("ibe100.core.application", "lasting_heap", nullcontext),
        ("ibe100.services.access.passwords", "_hash", PasswordHasher(1, 64, 1).hash),
    )
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in cheaper:
            if module in sys.modules:
                patch.setattr(sys.modules[module], name, value)
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what is marked `tsduck` where there is no tsp to run."""
    if item.get_closest_marker("tsduck") and shutil.which("tsp") is None:
        pytest.skip("no tsp on PATH")


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of made streams."""
    return MEDIA


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of the captures that tsp was recorded with; skips the test where there is none."""
    if not CAPTURES:
        pytest.skip("compares with recordings of tsp on captures: TS_CAPTURES names no folder of them")
    return Path(CAPTURES)
