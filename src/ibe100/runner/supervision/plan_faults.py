"""Tells the ends of a processor whose command does not fit what is in the input any more."""

_OF_PLAN = (
    "not found in PAT",
    "PID conflict: PID",
    "could not find an SCTE 35 splice information stream in service",
)
"""Parts of the errors by which tsp's and minitsp's pmt, spliceinject and remap end."""


def is_of_plan(error: str | None) -> bool:
    """Whether the same command would end in the same way for as long as the input is as it is."""
    return error is not None and any(part in error for part in _OF_PLAN)
