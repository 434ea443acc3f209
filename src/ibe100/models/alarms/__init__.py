"""Values of alarms: alarms, their settings, notifications, confidence options, health of the machine."""
