"""The break on air: another length for it, and the way back at its end."""
