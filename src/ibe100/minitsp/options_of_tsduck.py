"""Plugins of tsp 3.45 and, of those that are built in, all options: a refusal says what TSDuck would know.

options_of_tsduck.json: names by kind and plugin, options with blanks between, each with its letter if it has
one (fix:f); "tsp" is tsp itself.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

from ibe100.minitsp.chain.options import OptionError, UnknownOption

_OF_EVERY_PROCESSOR: Final = ("except-label", "only-label")


@cache
def plugins_of_tsduck(kind: str) -> dict[str, dict[str, str]]:
    """Options by plugin, no dashes, each with its letter or ""; `kind`: input, output, processor or tsp."""
    recorded = json.loads(Path(__file__).with_suffix(".json").read_text("ascii"))[kind]
    common = _OF_EVERY_PROCESSOR if kind == "processor" else ()
    return {name: _with_letters((*options.split(), *common)) for name, options in recorded.items()}


def refusal(kind: str, plugin: str, error: OptionError) -> str:
    """The reason why an option is refused, and whether TSDuck has it: by its name, beginning or letter."""
    known = plugins_of_tsduck(kind).get(plugin, {})
    if isinstance(error, UnknownOption):
        for name, letter in known.items():
            if error.name == letter if error.is_letter else name.startswith(error.name):
                return f"option --{name} needs TSDuck"
    return str(error)


def _with_letters(options: tuple[str, ...]) -> dict[str, str]:
    return {name: letter for name, _, letter in (option.partition(":") for option in options)}
