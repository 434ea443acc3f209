"""Start of a stream's processor: with its source, its secrets, and the sockets it inherits."""

import os
from collections.abc import Mapping

from ibe100.runner.loop import Loop
from ibe100.runner.processor_log.intake import LogIntake
from ibe100.runner.processor_log.lines import Redactor
from ibe100.runner.spec import INFLUX_TOKEN, Command, Spec
from ibe100.runner.supervision.process import Child
from ibe100.runner.supervision.source import Source
from ibe100.runner.supervision.spare import Spare
from ibe100.runner.telemetry.listeners import PortTaken, Telemetry, check_free
from ibe100.runner.telemetry.srt_watch import SrtWatch

BUILTIN = "builtin"


class CannotStart(Exception):
    """A processor, or its source, cannot be started; the text says why."""


class Starter:
    """Starts processors, and keeps one ready where that can be (ADR 23)."""

    def __init__(
        self, loop: Loop, source: Source, log: LogIntake, srt: SrtWatch, telemetry: Telemetry
    ) -> None:
        self._loop = loop
        self._source = source
        self._log = log
        self._srt = srt
        self._telemetry = telemetry
        self._spare = Spare()

    def start(self, spec: Spec, command: Command, secrets: Mapping[str, str], *, takes_cues: bool) -> Child:
        """Begin a process. Raises CannotStart."""
        program = command.argv[0]
        try:
            if takes_cues and isinstance(spec.ports.cue, int) and spec.ports.cue:
                check_free("cue", spec.ports.cue)
            if spec.source is not None:
                program = spec.source.argv[0]
                self._source.run(spec.source, secrets, spec.policy)
                program = command.argv[0]
            secrets = self._with_token(command, secrets)
            self._log.begin(Redactor(secrets.values()))
            self._srt.begin(command.argv)
            guided = spec.engine == BUILTIN and spec.pass_through is not None
            sockets = self._telemetry.inherited()
            return Child(self._loop, command, secrets, self._log.line, guided, self._spare, sockets)
        except PortTaken as error:
            raise CannotStart(str(error)) from error
        except OSError as error:
            raise CannotStart(f"{program} cannot be executed: {error.strerror}") from error

    def prepare(self, command: Command) -> None:
        """Have a process ready for the next start of this command."""
        self._spare.prepare(command, self._telemetry.inherited())

    def end(self) -> None:
        """End the process that is ready."""
        self._spare.end()

    def _with_token(self, command: Command, secrets: Mapping[str, str]) -> Mapping[str, str]:
        """The secrets with a token for this attempt alone, where the command asks for one."""
        token = os.urandom(16).hex() if INFLUX_TOKEN in command.secret_names() else ""
        self._telemetry.expect(token)
        return {**secrets, INFLUX_TOKEN: f"--token={token}"} if token else secrets
