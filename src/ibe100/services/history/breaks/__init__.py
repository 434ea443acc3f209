"""The as-run log by break: OUT and IN on record paired, summed, exported."""
