"""Damages good inputs of every parser for minutes: no undeclared exception, no second lost, memory bounded.

Run it by hand: `nice .venv/bin/python tests/security/mutate_parsers.py [seconds each] [parser …]`. Exit
status 1 if anything is wrong; the inputs are kept in `.cache/mutations`, to become tests.
"""

from __future__ import annotations

import hashlib
import logging
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "rigs"), str(ROOT / "src")]
from hostile_inputs import Escaped, attack, damaged, parsers  # noqa: E402 (the tests are no package)

DEFAULT_S = 600.0
MOST_S = 2.0
MOST_GROWTH_MB = 256
"""Beyond what is needed to load: a parser of a megabyte holds no more."""
KEPT = ROOT / ".cache" / "mutations"


def main() -> int:
    """One process for each parser, one after the other."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_S
    names = sys.argv[2:] or list(parsers())
    if len(names) == 1:
        return _attack(names[0], seconds)
    ends = [subprocess.run([sys.executable, __file__, str(seconds), name]).returncode for name in names]
    return int(any(ends))


def _attack(name: str, seconds: float) -> int:
    logging.disable(logging.CRITICAL)
    parser, chance = parsers()[name], random.Random(f"{name} {time.time_ns()}")
    for good in parser.good:
        attack(parser, good, MOST_S)
    loaded_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, ((loaded_kb << 10) + (2 * MOST_GROWTH_MB << 20), hard))
    tried, faults, end_s = 0, set[str](), time.monotonic() + seconds
    while time.monotonic() < end_s:
        data = damaged(parser.good, chance)
        tried += 1
        try:
            attack(parser, data, MOST_S)
        except Escaped as error:
            kind = str(error)[:60]
            if kind not in faults:
                faults.add(kind)
                KEPT.mkdir(parents=True, exist_ok=True)
                file = KEPT / f"{name.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:12]}"
                file.write_bytes(data)
                print(f"  {error}\n  {file}", flush=True)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - loaded_kb) >> 10
    verdict = "wrong" if faults or grown_mb > MOST_GROWTH_MB else "good"
    print(
        f"{name}: {tried:,} inputs in {seconds:.0f} s, {len(faults)} kinds of faults, "
        f"{grown_mb} MB more: {verdict}",
        flush=True,
    )
    return int(verdict == "wrong")


if __name__ == "__main__":
    sys.exit(main())
