"""Clips of what was on air, opened from where a cue or an alarm is shown."""
