"""Holds a stream against its contract before air, in words. Pure: the report is the probe's."""

from __future__ import annotations

from ibe100.models.cues.contract import Contract, ContractFinding, Severity
from ibe100.models.stream_config import ExistingCues, NoOutput, Scte35Options, SrtOutput, StreamConfig
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.contracts.cue_linter import lint_cue
from ibe100.services.contracts.media_linter import lint_audio, lint_presence, lint_video
from ibe100.services.contracts.options import start_delay_ms
from ibe100.tsduck.service_choice import choose_service
from ibe100.utils.units import format_pid

__all__ = ["lint_cue", "lint_stream"]


def lint_stream(config: StreamConfig, report: StreamReport | None) -> tuple[ContractFinding, ...]:
    """Findings against the stream's contract in `config` and in its input as probed; breaches first.

    Without a contract there is nothing to find; without a report the input is not judged.
    """
    contract = config.contract
    if contract is None:
        return ()
    findings = [*_options(contract, config.scte35), *_delivery(contract, config)]
    if report is not None:
        findings += _input(contract, config, report)
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def _options(contract: Contract, options: Scte35Options) -> list[ContractFinding]:
    take_over = "apply the contract to the stream again"
    found: list[ContractFinding] = []

    def differs(field: str, asked: str, has: str, severity: Severity = Severity.BREACH) -> None:
        found.append(ContractFinding.of(severity, field, asked, has, take_over))

    if options.pid != contract.scte35_pid:
        differs("scte35_pid", format_pid(contract.scte35_pid), format_pid(options.pid))
    first, last = options.event_id_first, options.event_id_last
    if first < contract.event_id_first or last > contract.event_id_last:
        asked = f"event ids from {contract.event_id_first} to {contract.event_id_last}"
        differs("event_id_first", asked, f"{first} to {last}")
    if (why := contract.duration_fault(options.break_duration_s)) is not None:
        differs("duration_default_s", why, f"{options.break_duration_s:g} s")
    if options.splice_on is not contract.splice_on:
        differs("splice_on", contract.splice_on.value, options.splice_on.value, Severity.WARNING)
    if options.auto_return != contract.auto_return:
        differs("auto_return", str(int(contract.auto_return)), str(int(options.auto_return)))
    if contract.unique_program_id not in (None, options.unique_program_id):
        differs("unique_program_id", str(contract.unique_program_id), str(options.unique_program_id))
    if options.start_delay_ms < start_delay_ms(contract):
        # With less to spare a processor that begins late breaks the promise now and then, without it always.
        is_breach = options.start_delay_ms <= contract.least_lead_s * 1000
        asked = f"{contract.least_lead_s:g} s of real pre-roll"
        has = f"the first section only {options.start_delay_ms / 1000:g} s ahead"
        differs("pre_roll_min_s", asked, has, Severity.BREACH if is_breach else Severity.WARNING)
    if options.inject_count != contract.repeats:
        differs("repeats", str(contract.repeats), str(options.inject_count))
    if options.inject_interval_ms != contract.repeat_interval_ms and contract.repeats > 1:
        asked, has = f"{contract.repeat_interval_ms} ms", f"{options.inject_interval_ms} ms"
        differs("repeat_interval_ms", asked, has, Severity.WARNING)
    return found


def _delivery(contract: Contract, config: StreamConfig) -> list[ContractFinding]:
    if contract.srt is None:
        return []
    terms, output = contract.srt, config.output
    asked = f"SRT with a latency of {terms.latency_min_ms} to {terms.latency_max_ms} ms"
    if isinstance(output, SrtOutput):
        if terms.latency_min_ms <= output.latency_ms <= terms.latency_max_ms:
            return []
        do = "set the latency of the output"
        return [ContractFinding.of(Severity.BREACH, "srt", asked, f"{output.latency_ms} ms", do)]
    severity = Severity.NOTE if isinstance(output, NoOutput) else Severity.WARNING
    has = "no output" if isinstance(output, NoOutput) else f"a {output.kind} output"
    return [ContractFinding.of(severity, "srt", asked, has, "choose an SRT output for delivery")]


def _input(contract: Contract, config: StreamConfig, report: StreamReport) -> list[ContractFinding]:
    service = choose_service(config.service_id, report)
    if service is None:
        asked = "a service" if config.service_id is None else f"service {config.service_id}"
        do = "check the sender and the stream's service_id"
        return [ContractFinding.of(Severity.BREACH, "service_id", asked, "none in the input", do)]
    return [
        *_splice_pids(contract, config, report),
        *lint_presence(service, report),
        *_notes(report),
        *lint_video(contract.video, service.first_of(StreamKind.VIDEO), report),
        *lint_audio(contract.audio, service.first_of(StreamKind.AUDIO), report),
    ]


def _notes(report: StreamReport) -> list[ContractFinding]:
    asked, do = "an input as the standards have it", "see to it at the sender"
    return [ContractFinding.of(Severity.NOTE, "input", asked, note, do) for note in report.notes]


def _splice_pids(contract: Contract, config: StreamConfig, report: StreamReport) -> list[ContractFinding]:
    if config.scte35.existing is ExistingCues.REPLACE:
        kept: tuple[int, ...] = ()
    else:
        kept = report.scte35_pids
    pid = contract.scte35_pid
    asked = f"our cues alone on {format_pid(pid)}"
    if pid in kept:
        do = "replace the existing cues"
        return [ContractFinding.of(Severity.BREACH, "scte35_pid", asked, "SCTE-35 of the input on it", do)]
    counted = report.pid(pid)
    if counted is not None and counted.packets and pid not in report.scte35_pids:
        do = "have the sender move what is on it"
        return [ContractFinding.of(Severity.BREACH, "scte35_pid", asked, "the PID is taken in the input", do)]
    if not kept:
        return []
    has = f"SCTE-35 of the input on {', '.join(map(format_pid, kept))} too"
    do = "replace the existing cues, unless the distributor knows of them"
    return [ContractFinding.of(Severity.WARNING, "scte35_pid", asked, has, do)]
