"""Inputs and outputs through ffmpeg: RIST, and SRT where the system has no libsrt."""
