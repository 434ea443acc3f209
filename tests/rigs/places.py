"""Folders that tests read from: the project, its recorded facts (`tests/data`), made streams and captures."""

from __future__ import annotations

import os
from pathlib import Path

from made_streams import made_streams

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
GOLDEN = DATA / "tsduck" / "golden"
MEDIA = made_streams(ROOT / ".cache")
"""Streams of the names, services, PIDs and codecs of the public captures that `GOLDEN` was recorded with."""
CAPTURES = os.environ.get("TS_CAPTURES", "")
"""Folder of those captures; empty where there is none: what compares their very packets is skipped."""
