"""Use cases: streams, cues, alarms, schedule, records; front ends see them through the ports."""
