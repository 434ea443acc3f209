"""Program as it lies on this machine: a checkout or an installation, and what its command is called there."""

from __future__ import annotations

from pathlib import Path


def source_root() -> Path | None:
    """The checkout this code runs from; None when it is installed."""
    root = Path(__file__).resolve().parents[3]
    is_checkout = (root / "pyproject.toml").is_file() and (root / "src" / "ibe100").is_dir()
    return root if is_checkout else None


COMMAND = "ibe100" if source_root() is None else "./run"
"""First word of every command line that a text names."""
