"""One cue from the request to its receipt: draft, section, readiness, sending, breaks, automatic return."""
