"""What every test may rely on: Qt without a display, streams to read, a real tsp where one is asked for."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

from places import CAPTURES, MEDIA, ROOT

# Before the first import of PyQt6, which reads it once.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A loaded machine must not fail a property; CI tries the same examples each time.
set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
settings.register_profile(
    "ibe100",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ibe100")


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
        pytest.skip("compares with recordings of tsp on captures: IBE100_CAPTURES names no folder of them")
    return Path(CAPTURES)
