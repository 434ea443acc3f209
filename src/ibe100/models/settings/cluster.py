"""Several hosts on one database: the name of this one, and how the others reach it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from ibe100.models.base import Value
from ibe100.models.settings.forms import told


class ClusterPlan(Value):
    """This host among others that work on the same database; section `cluster` of the settings."""

    host: Annotated[
        str,
        Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9.-]{0,62})?$"),
        told(
            "Name of this host",
            "As Pacemaker calls it; empty where this machine works on its database alone.",
        ),
    ] = ""
    url: Annotated[
        str,
        Field(max_length=200),
        told("Address for the others", "Of this host's REST API, such as https://a.example:8100."),
    ] = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.url and not self.url.startswith(("https://", "http://")):
            raise ValueError("url must begin with https:// (or http://, on a network of their own)")
        if self.url and not self.host:
            raise ValueError("url is of a host among others: give host as well")
        return self
