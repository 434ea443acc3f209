"""Exit codes of the command line, one meaning each."""

from __future__ import annotations

DONE = 0
NO = 1
USAGE = 2
REFUSED = 3
NO_SERVER = 4
NO_WINDOW = 5
NOT_PROVED = 6
INTERRUPTED = 130

MEANINGS = {
    DONE: "Done; what was asked holds.",
    NO: "Done, and the answer is no: a cue was not seen, a contract is not kept, a record was changed.",
    USAGE: "The command line is wrong: an unknown command or option, a value that cannot be.",
    REFUSED: "Refused: the text on standard error says why and what to do.",
    NO_SERVER: "No console or server runs on the data folder.",
    NO_WINDOW: "The window cannot be shown: no display here.",
    NOT_PROVED: "An exported as-run log is whole, but nothing proves who signed it.",
    INTERRUPTED: "Interrupted by Ctrl-C.",
}
