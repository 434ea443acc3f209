"""Clips: cut out of the rings of streams around cues and alarms, kept within their quota (ADR 37)."""
