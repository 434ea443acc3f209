"""What a processor says when it gives up, in an operator's words."""

INPUT_SILENT = "nothing arrived on the input"
# tsp and minitsp, `-I ip --receive-timeout`: the errno of a receive that timed out.
_RECEIVE_TIMEOUT = "error receiving from UDP socket: Resource temporarily unavailable"


def in_words(text: str) -> str:
    """The text with what it quotes of a processor said plainly; all else as it is."""
    return text.replace(f"ip: {_RECEIVE_TIMEOUT}", INPUT_SILENT).replace(_RECEIVE_TIMEOUT, INPUT_SILENT)
