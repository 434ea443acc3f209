"""The installation: versions of what is in it, licences, and what a check of the machine found."""

from __future__ import annotations

from typing import Literal

from ibe100.models.base import Value

Verdict = Literal["ok", "note", "missing"]


class CheckFinding(Value):
    """Result of one check of the machine."""

    what: str
    verdict: Verdict
    found: str
    meaning: str = ""


class PartVersion(Value):
    """A part of the installation and its version."""

    name: str
    version: str
    place: str = ""
    """Path where there are several it could be."""


class PackageLicence(Value):
    """A Python package that is installed, and its licence as its metadata say."""

    name: str
    version: str
    licence: str
