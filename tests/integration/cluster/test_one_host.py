"""One machine: an upgrade of the server on air, and a power cut."""

from __future__ import annotations

import re
import subprocess
import sys

from places import ROOT

LONGEST_START_S = 60.0
"""Twice what is promised: the machine of a test may be busy."""
LONGEST_GAP_S = 1.0


def test_an_upgrade_leaves_the_stream_on_air_and_a_power_cut_is_made_up_for_at_the_next_start() -> None:
    script = ROOT / "tests/cluster/one_host.py"
    done = subprocess.run([sys.executable, str(script), "--streams", "1"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    upgraded = re.search(r"upgrade: longest gap ([0-9.]+) s", done.stdout)
    rebooted = re.search(r"reboot: 1 streams on air ([0-9.]+) s", done.stdout)
    assert upgraded and float(upgraded[1]) < LONGEST_GAP_S, done.stdout
    assert rebooted and float(rebooted[1]) < LONGEST_START_S, done.stdout
