"""Settings: forms of their fields, how they stand, the sound of alarms."""
