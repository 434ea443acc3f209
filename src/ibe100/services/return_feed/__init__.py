"""Cues looked for at the distributor's end: watched, matched, diagnosed, alarmed."""
