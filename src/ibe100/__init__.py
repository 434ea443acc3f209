"""IBE-100: an operator console that puts SCTE-35 cues on air and proves it."""

__version__ = "3.0.0"
