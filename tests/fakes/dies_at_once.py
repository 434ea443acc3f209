#!/usr/bin/env python3
"""A fake tsp that finds no service and, as the real one, says so with exit status 0; or says --error."""

import argparse
import sys

parser = argparse.ArgumentParser()
parser.add_argument("-I", help="the input that tsp would have")
parser.add_argument("--error", default="pmt: service id 0x0063 (99) not found in PAT")
print(f"* Error: {parser.parse_args().error}", file=sys.stderr)
