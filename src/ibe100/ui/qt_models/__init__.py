"""Qt models of streams, cues, alarms, schedule and log, fed by the event bridge."""
