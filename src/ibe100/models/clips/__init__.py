"""Clips: pieces of what was on air, cut out around cues and alarms."""
