"""Cue panel: target, buttons, preview, receipts, other cues."""
