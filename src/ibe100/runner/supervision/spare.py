"""A built-in processor kept ready: its modules are loaded, so that the next start takes 20 ms and not 200."""

import contextlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence

from ibe100.runner.local_socket import inheritance
from ibe100.runner.memory_order import PROCESSOR, set_memory_order
from ibe100.runner.spec import Command, secret_name

_MODULE = "ibe100.minitsp"
_PLUGIN_WORDS = ("-I", "-P", "-O")
_MOST_BYTES = 32 << 10  # fits into a pipe: whoever starts a stream must not wait for the other end


class Spare:
    """At most one process that waits for a command line on its standard input, and ends with that input.

    It costs the memory of an idle interpreter, 32 MB; a stream that is restarted comes back without the time
    that Python and NumPy take to load (ADR 23).
    """

    def __init__(self) -> None:
        self._popen: subprocess.Popen[bytes] | None = None
        self._output = -1
        self._serves: tuple[Sequence[str], Mapping[str, str], Mapping[str, int]] = ((), {}, {})

    def prepare(self, command: Command, sockets: Mapping[str, int]) -> None:
        """Start one for the next start of this command, if its program is the built-in processor.

        `sockets` are the descriptors it inherits, by name.
        """
        program = _program(command)
        if not program or (self._popen is not None and self._popen.poll() is None):
            return
        self.end()
        words = zip(command.argv, command.argv[1:], strict=False)
        plugins = dict.fromkeys(name for word, name in words if word in _PLUGIN_WORDS)
        reader, writer = os.pipe()
        try:
            self._popen = subprocess.Popen(
                [*program, f"--spare={','.join(plugins)}"],
                stdin=subprocess.PIPE,
                bufsize=0,
                stdout=writer,
                stderr=writer,
                env={**os.environ, **command.env, **inheritance(sockets)},
                start_new_session=True,
                pass_fds=tuple(sockets.values()),
            )
            set_memory_order(PROCESSOR, self._popen.pid)
        except OSError:
            os.close(reader)  # there is no memory or descriptor left: the next start is an ordinary one
            return
        finally:
            os.close(writer)
        self._output, self._serves = reader, (program, command.env, sockets)

    def take(
        self, command: Command, secrets: Mapping[str, str], guided: bool, sockets: Mapping[str, int]
    ) -> tuple[subprocess.Popen[bytes], int] | None:
        """Give the command to the spare: its process, and the pipe of what it prints.

        `guided`: its standard input stays open for further commands. None where there is no spare for the
        command, which has to be started then.
        """
        popen, program = self._popen, _program(command)
        serves = (program, command.env, sockets)
        if popen is None or popen.poll() is not None or self._serves != serves:
            return None
        words = [word for token in command.argv[len(program) :] for word in _words(token, secrets)]
        line = json.dumps([guided, words]).encode() + b"\n"
        if len(line) > _MOST_BYTES:
            return None
        assert popen.stdin is not None
        try:
            popen.stdin.write(line)
            if not guided:
                popen.stdin.close()
        except OSError:
            return None
        self._popen = None
        if not guided:
            popen.stdin = None
        return popen, self._output

    def end(self) -> None:
        """End the spare that is not wanted any more."""
        popen, self._popen = self._popen, None
        if popen is None:
            return
        assert popen.stdin is not None
        with contextlib.suppress(OSError):
            popen.stdin.close()
        popen.kill()
        popen.wait()
        os.close(self._output)


def _program(command: Command) -> tuple[str, ...]:
    """The words that start the built-in processor; none for another program."""
    argv = tuple(command.argv)
    return argv[: argv.index(_MODULE) + 1] if _MODULE in argv else ()


def _words(token: str, secrets: Mapping[str, str]) -> list[str]:
    """The words of a token, as the processor would read them from the file of a secret."""
    name = secret_name(token)
    if name is None:
        return [token]
    return [f"@{line}" if line.startswith("@") else line for line in secrets[name].splitlines() if line]
