"""Previews of pictures and sound, and the alarms for black, frozen, silent and lost ones."""
