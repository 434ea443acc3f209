#!/usr/bin/env python3
"""A fake tsp that is well, but prints as fast as it can, some of it in lines of a megabyte."""

import sys
import threading
import time

from reports import Reports


def flood() -> None:
    while True:
        for _ in range(1000):
            sys.stderr.write("* Warning: continuity: packet index: 5374, PID: 0x0084, missing 14 packets\n")
        sys.stderr.write("x" * 1_000_000 + "\n")
        time.sleep(0.001)  # as fast as the reader allows, but leave the other thread its turn


threading.Thread(target=flood, daemon=True).start()
reports = Reports(int(sys.argv[1]))
while True:
    reports.flow()
    time.sleep(0.1)
