#!/usr/bin/env python3
"""A fake tsp that finds no service and, as the real one, says so with exit status 0."""

import sys

print("* Error: pmt: service id 0x0063 (99) not found in PAT", file=sys.stderr)
