"""Plugins of tsp 3.45 and, of those that are built in, all options: a refusal says what TSDuck would know.

options_of_tsduck.json: names by kind and plugin, options with blanks between; "tsp" is tsp itself.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

from ibe100.minitsp.chain.options import OptionError, UnknownOption

_OF_EVERY_PROCESSOR: Final = ("except-label", "only-label")


@cache
def plugins_of_tsduck(kind: str) -> dict[str, frozenset[str]]:
    """Options, without dashes, by plugin; `kind`: input, output, processor or tsp."""
    recorded = json.loads(Path(__file__).with_suffix(".json").read_text("ascii"))[kind]
    common = _OF_EVERY_PROCESSOR if kind == "processor" else ()
    return {name: frozenset((*options.split(), *common)) for name, options in recorded.items()}


def refusal(kind: str, plugin: str, error: OptionError) -> str:
    """The reason why an option is refused, and whether TSDuck has it."""
    if isinstance(error, UnknownOption) and error.name in plugins_of_tsduck(kind).get(plugin, ()):
        return f"option --{error.name} needs TSDuck"
    return str(error)
