#!/usr/bin/env python3
"""A fake tsp that is well: reports advancing packets ten times a second, for --seconds, ends on SIGTERM.

Prints what the @file arguments hold with --debug, as tsp does, and sends --cues receipts at the start.
"""

import argparse
import sys
import time
from pathlib import Path

from reports import Reports, send_cue

parser = argparse.ArgumentParser()
parser.add_argument("--influx", type=int, required=True)
parser.add_argument("--splice", type=int)
parser.add_argument("--cues", type=int, default=0)
parser.add_argument("--seconds", type=float, default=1e9)
parser.add_argument("--exit-code", type=int, default=0)
parser.add_argument("--frozen-pts", action="store_true")
parser.add_argument("--debug", action="store_true")
parser.add_argument("--error", help="an error line to print before the end")
parser.add_argument("-I", help="the input that tsp would have")
parser.add_argument("files", nargs="*")
options = parser.parse_args()

for name in options.files:
    text = Path(name.removeprefix("@")).read_text()
    print(f"* Debug: options: read {len(text)} characters", flush=True)
    if options.debug:
        print(f"* Debug: options: {text}", flush=True)
for number in range(options.cues):
    send_cue(options.splice, f"cue{number}")
reports = Reports(options.influx)
end = time.monotonic() + options.seconds
while time.monotonic() < end:
    reports.flow(pts_step=0 if options.frozen_pts else 9000)
    time.sleep(min(0.1, max(0.0, end - time.monotonic())))
if options.error:
    print(f"* Error: {options.error}", file=sys.stderr)
sys.exit(options.exit_code)
