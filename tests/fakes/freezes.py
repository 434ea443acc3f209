#!/usr/bin/env python3
"""A fake tsp that is well for half a second, then lives on without a packet."""

import signal
import sys
import time

from reports import Reports

reports = Reports(int(sys.argv[1]))
for _ in range(5):
    reports.flow()
    time.sleep(0.1)
signal.pause()
