"""`ibe100 cue`: fire cues on a stream of a running console or server, and wait for the receipt."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from ibe100.cli.options import DataDir, StreamName
from ibe100.cli.running_instance import running
from ibe100.models.cues.return_receipt import ReturnState
from ibe100.models.cues.segmentation import UpidType
from ibe100.models.scte35_marker import BreakEnd, CueAction, CueState, shown_state
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import format_event_id
from ibe100_client import Call, Client, cues
from ibe100_client.values import Cue

POLL_S = 0.1
EXIT_NOT_PROVED = 1

app = typer.Typer(help="Fire cues on a stream of a running console or server, and wait for the receipt.")

PreRoll = Annotated[
    float | None, typer.Option(help="Seconds ahead; 0, or left out, is immediate.", show_default=False)
]
By = Annotated[str, typer.Option("--by", help="A note beside your name on record: the program that asks …")]
Duration = Annotated[
    float | None, typer.Option(help="Announced seconds; the stream's own if left out.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the cue and its receipts as JSON.")]
ReturnWait = Annotated[
    float, typer.Option("--return-feed", help="Seconds to wait for the return feed as well.", min=0)
]


@dataclass(frozen=True, slots=True)
class Answer:
    """The data folder of the one who is asked, a note on who asks, and how the receipt is wanted."""

    data_dir: Path | None
    by: str
    as_json: bool
    return_feed_s: float


@app.command("to-break")
def to_break(
    stream: StreamName,
    duration: Duration = None,
    pre_roll: Annotated[
        float | None,
        typer.Option(
            help="Seconds ahead; 0 is immediate; what the contract asks, else 0, if left out.",
            show_default=False,
        ),
    ] = None,
    returns: Annotated[
        BreakEnd | None,
        typer.Option(help="How the break ends; the stream's own way if left out.", show_default=False),
    ] = None,
    by: By = "",
    return_feed: ReturnWait = 0.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """TO BREAK: out of the network's programme."""
    cue = cues.fire(stream, CueAction.TO_BREAK, duration_s=duration, pre_roll_s=pre_roll, returns=returns)
    _fire(Answer(data_dir, by, as_json, return_feed), cue)


@app.command("to-programme")
def to_programme(
    stream: StreamName,
    pre_roll: PreRoll = None,
    by: By = "",
    return_feed: ReturnWait = 0.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """BACK TO PROGRAMME: the break is over."""
    _fire(
        Answer(data_dir, by, as_json, return_feed),
        cues.fire(stream, CueAction.BACK_TO_PROGRAMME, pre_roll_s=pre_roll),
    )


@app.command("crash-out")
def crash_out(
    stream: StreamName,
    duration: Annotated[
        float | None, typer.Option(help="Announced seconds; none if left out.", show_default=False)
    ] = None,
    by: By = "",
    return_feed: ReturnWait = 0.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """CRASH OUT: out of the network's programme at once."""
    _fire(
        Answer(data_dir, by, as_json, return_feed),
        cues.fire(stream, CueAction.CRASH_OUT, duration_s=duration),
    )


@app.command("crash-in")
def crash_in(
    stream: StreamName,
    by: By = "",
    return_feed: ReturnWait = 0.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """CRASH IN: back at once, before the announced duration is over."""
    _fire(Answer(data_dir, by, as_json, return_feed), cues.fire(stream, CueAction.CRASH_IN))


@app.command("extend")
def extend(
    stream: StreamName,
    by_seconds: Annotated[
        float | None, typer.Option(help="So much longer; shorter if negative.", show_default=False)
    ] = None,
    length: Annotated[
        float | None, typer.Option(help="Its whole length in seconds instead.", show_default=False)
    ] = None,
    by: By = "",
    return_feed: ReturnWait = 0.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """CHANGE LENGTH: the break on air becomes longer or shorter, and is announced again with its rest."""
    cue = cues.change_length(stream, by_s=by_seconds, length_s=length)
    _fire(Answer(data_dir, by, as_json, return_feed), cue)


@app.command("null")
def null(
    stream: StreamName,
    by: By = "",
    return_feed: ReturnWait = 0.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """SPLICE NULL: one heartbeat, nothing is spliced."""
    _fire(Answer(data_dir, by, as_json, return_feed), cues.fire(stream, CueAction.SPLICE_NULL))


@app.command("signal")
def signal(
    stream: StreamName,
    kind: Annotated[
        str, typer.Argument(metavar="TYPE", help="break-start, provider-advertisement-end, 0x34 …")
    ],
    duration: Annotated[
        float | None, typer.Option(help="segmentation_duration of a Start, seconds.", show_default=False)
    ] = None,
    upid_type: Annotated[str, typer.Option(help="Ad-ID, URI, UUID, AiringID …")] = UpidType.NOT_USED,
    upid: Annotated[str, typer.Option(help="As text; binary types in hex.")] = "",
    pre_roll: PreRoll = None,
    by: By = "",
    return_feed: ReturnWait = 0.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """TIME SIGNAL with a segmentation_descriptor; an End carries the id of its Start."""
    segmentation = {"type": kind, "duration_s": duration, "upid_type": upid_type, "upid": upid}
    cue = cues.fire(stream, CueAction.TIME_SIGNAL, pre_roll_s=pre_roll, segmentation=segmentation)
    _fire(Answer(data_dir, by, as_json, return_feed), cue)


@app.command("section")
def section(
    stream: StreamName,
    text: Annotated[
        str,
        typer.Argument(
            metavar="SECTION", help="A whole splice_info_section: base64, hex, XML, or a playlist's tag."
        ),
    ],
    by: By = "",
    return_feed: ReturnWait = 0.0,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """SEND SECTION: one made elsewhere, byte for byte, decoded before it goes."""
    with running(data_dir, by) as console:
        preview = console.do(cues.preview(stream, CueAction.SEND_SECTION, section=text))
    for warning in preview.warnings:
        typer.echo(f"warning: {warning}", err=True)
    _fire(
        Answer(data_dir, by, as_json, return_feed),
        cues.fire(stream, CueAction.SEND_SECTION, section=text),
    )


@app.command("cancel")
def cancel(
    cue: Annotated[int, typer.Argument(metavar="CUE", help="The number of the cue, as `cue log` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Disarm a cue that is still ARMED: then it never airs."""
    with running(data_dir) as console:
        typer.echo(_words(console.json(cues.cancel(cue))))


@app.command("log")
def log(stream: StreamName, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show the newest cues of the stream."""
    with running(data_dir) as console:
        for cue in console.json(cues.recent(stream)):
            typer.echo(json.dumps(cue) if as_json else _words(cue))


def _fire(answer: Answer, cue: Call[Cue]) -> None:
    with running(answer.data_dir, answer.by) as console:
        fired = console.json(cue)
        while not CueState(fired["state"]).is_final:
            fired = _again(console, fired)
        until = time.monotonic() + answer.return_feed_s
        while _is_awaited(fired) and time.monotonic() < until:
            fired = _again(console, fired)
    typer.echo(json.dumps(fired) if answer.as_json else _words(fired))
    came_back = fired["return_feed"]
    is_lost = came_back is not None and ReturnState(came_back["state"]).is_fault
    if fired["state"] != CueState.SPLICED or is_lost:
        raise typer.Exit(EXIT_NOT_PROVED)


def _again(console: Client, fired: dict[str, Any]) -> dict[str, Any]:
    """Ask for the same cue a moment later."""
    time.sleep(POLL_S)
    recent = console.json(cues.recent(fired["stream_id"]))
    found: dict[str, Any] = next(one for one in recent if one["cue_id"] == fired["cue_id"])
    return found


def _is_awaited(fired: dict[str, Any]) -> bool:
    """True while the return feed has more to say of a cue."""
    came_back = fired["return_feed"]
    if came_back is None:
        return False
    state = ReturnState(came_back["state"])
    return state is ReturnState.WAITING or (state.is_proof and came_back["seen"] < came_back["expected"])


def _words(cue: dict[str, Any]) -> str:
    event = "" if cue["splice_event_id"] is None else f" event {format_event_id(cue['splice_event_id'])}"
    state = shown_state(cue["action"], cue["state"])
    text = f"{format_clock(cue['requested_at'])} #{cue['cue_id']} {cue['action']}{event} {state}"
    text += f" seen {cue['seen']}/{cue['sent_expected']}"
    if cue["latency_ms"] is not None and cue["pts_time"] is None:
        text += f" {cue['latency_ms']:.0f} ms"
    if cue["pre_roll_ms"] is not None:
        text += f" {cue['pre_roll_ms'] / 1000:.2f} s pre-roll"
    text += f": {cue['reason']}" if cue["reason"] else ""
    return text if cue.get("return_feed") is None else f"{text}; {cue['return_feed']['words']}"
