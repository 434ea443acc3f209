"""Errors of the operator: things a person can understand and put right. Bugs are other types."""


class OperatorError(Exception):
    """Something the operator asked for cannot be done; the text says what, where and what to do."""


class ConfigurationError(OperatorError):
    """A setting, stream or profile is wrong; names the field, the value and what is allowed."""


class ProbeError(OperatorError):
    """The input could not be read or is no transport stream."""


class InputAbsent(ProbeError):
    """A live input gives nothing now, and may later: nobody sends, or whoever does refuses us."""


class ProcessorError(OperatorError):
    """The processor (tsp or minitsp) cannot be found, cannot be started or refused its command line."""


class StreamError(OperatorError):
    """A stream cannot be started, stopped or changed in its present state."""


class CueRefused(OperatorError):
    """A cue may not go out; the text is the reason shown to the operator.

    `retry_in_s` says when the same request may be possible, where that is known.
    """

    def __init__(self, reason: str, *, retry_in_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_in_s = retry_in_s


class AmbiguousName(OperatorError):
    """A name could mean more than one thing; the text lists them."""


class StorageError(OperatorError):
    """A profile, the database or a folder cannot be read or written."""


class StreamElsewhere(StorageError):
    """A stream is owned by another host, which alone may act on it and record about it; the text names it."""


class NotSignedIn(OperatorError):
    """No valid token came with a request, or a wrong name or password: the text does not say which."""


class CertificateUnknown(OperatorError):
    """A server shows a certificate that nobody here has compared and noted yet."""

    def __init__(self, place: str, fingerprint: str) -> None:
        super().__init__(f"{place} shows a certificate that is not known here: SHA-256 {fingerprint}")
        self.place, self.fingerprint = place, fingerprint


class NotAllowed(OperatorError):
    """The role does not cover it."""


class SecondPersonNeeded(NotAllowed):
    """A second person has to confirm it with a sign-in of their own."""


class NotFound(OperatorError):
    """A name means nothing that is there; the text says what is."""


class AccessRefused(OperatorError):
    """A user or token cannot be made or changed so."""


class KeyReused(OperatorError):
    """An Idempotency-Key that stands for another request, or for one whose outcome is not known."""


class TooManyLogins(OperatorError):
    """Too many logins; the next is possible in so many seconds."""

    def __init__(self, words: str, *, retry_in_s: float) -> None:
        super().__init__(words)
        self.retry_in_s = retry_in_s


class SubscriberFellBehind(Exception):
    """A subscriber did not take its facts in time and was closed; it must subscribe and read afresh."""
