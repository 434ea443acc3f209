"""Folders that tests read from: the project and its recorded facts (`tests/data`)."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
GOLDEN = DATA / "tsduck" / "golden"
MEDIA = ROOT.parent / "shared" / "media"
