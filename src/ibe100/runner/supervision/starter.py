"""Start of a processor: its port for cues is free, its source runs, and what it prints is taken."""

from collections.abc import Mapping

from ibe100.runner.loop import Loop
from ibe100.runner.processor_log.intake import LogIntake
from ibe100.runner.processor_log.lines import Redactor
from ibe100.runner.spec import Command, Spec
from ibe100.runner.supervision.process import Child
from ibe100.runner.supervision.source import Source
from ibe100.runner.supervision.spare import Spare
from ibe100.runner.telemetry.listeners import PortTaken, check_free
from ibe100.runner.telemetry.srt_watch import SrtWatch

BUILTIN = "builtin"


class CannotStart(Exception):
    """A processor, or its source, cannot be started; the text says why."""


class Starter:
    """Starts the processors of one stream, one after the other."""

    def __init__(self, loop: Loop, log: LogIntake, srt: SrtWatch, source: Source) -> None:
        self._loop = loop
        self._log = log
        self._srt = srt
        self._source = source
        self.spare = Spare()

    def start(self, spec: Spec, command: Command, secrets: Mapping[str, str], *, takes_cues: bool) -> Child:
        """Start a command of the spec, and its source where it has one. Raises CannotStart."""
        program = command.argv[0]
        try:
            if spec.ports.cue and takes_cues:
                check_free("cue", spec.ports.cue)
            if spec.source is not None:
                program = spec.source.argv[0]
                self._source.run(spec.source, secrets, spec.policy)
                program = command.argv[0]
            self._log.begin(Redactor(secrets.values()))
            self._srt.begin(command.argv)
            guided = spec.engine == BUILTIN and spec.pass_through is not None
            return Child(self._loop, command, secrets, self._log.line, guided, self.spare)
        except PortTaken as error:
            raise CannotStart(str(error)) from error
        except OSError as error:
            raise CannotStart(f"{program} cannot be executed: {error.strerror}") from error
