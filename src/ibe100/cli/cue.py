"""`ibe100 cue`: fire cues on a stream of a running console or server, and wait for the receipt."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from ibe100.cli.running_instance import request
from ibe100.models.cue_segmentation import UpidType
from ibe100.models.scte35_marker import BreakReturn, CueAction, CueState

POLL_S = 0.1
EXIT_NOT_PROVED = 1

app = typer.Typer(help="Fire cues on a stream of a running console or server, and wait for the receipt.")

DataDir = Annotated[
    Path | None, typer.Option(help="The data folder of the console or server.", show_default=False)
]
StreamName = Annotated[str, typer.Argument(metavar="STREAM", help="Number, id or name.")]
PreRoll = Annotated[float, typer.Option(help="Seconds ahead; 0 is immediate.")]
Who = Annotated[str, typer.Option("--by", help="Who asks; goes on record.")]
Duration = Annotated[
    float | None, typer.Option(help="Announced seconds; the stream's own if left out.", show_default=False)
]


@app.command("to-break")
def to_break(
    stream: StreamName,
    duration: Duration = None,
    pre_roll: PreRoll = 0.0,
    returns: Annotated[
        BreakReturn | None,
        typer.Option(help="How the break ends; the stream's own way if left out.", show_default=False),
    ] = None,
    by: Who = "command line",
    data_dir: DataDir = None,
) -> None:
    """TO BREAK: out of the network's programme."""
    cue = {"action": CueAction.TO_BREAK, "duration_s": duration, "pre_roll_s": pre_roll, "requested_by": by}
    _fire(data_dir, stream, cue | {"returns": returns})


@app.command("to-programme")
def to_programme(
    stream: StreamName, pre_roll: PreRoll = 0.0, by: Who = "command line", data_dir: DataDir = None
) -> None:
    """BACK TO PROGRAMME: the break is over."""
    _fire(
        data_dir, stream, {"action": CueAction.BACK_TO_PROGRAMME, "pre_roll_s": pre_roll, "requested_by": by}
    )


@app.command("crash-out")
def crash_out(
    stream: StreamName,
    duration: Annotated[
        float | None, typer.Option(help="Announced seconds; none if left out.", show_default=False)
    ] = None,
    by: Who = "command line",
    data_dir: DataDir = None,
) -> None:
    """CRASH OUT: out of the network's programme at once."""
    _fire(data_dir, stream, {"action": CueAction.CRASH_OUT, "duration_s": duration, "requested_by": by})


@app.command("crash-in")
def crash_in(stream: StreamName, by: Who = "command line", data_dir: DataDir = None) -> None:
    """CRASH IN: back at once, before the announced duration is over."""
    _fire(data_dir, stream, {"action": CueAction.CRASH_IN, "requested_by": by})


@app.command("null")
def null(stream: StreamName, by: Who = "command line", data_dir: DataDir = None) -> None:
    """SPLICE NULL: one heartbeat, nothing is spliced."""
    _fire(data_dir, stream, {"action": CueAction.SPLICE_NULL, "requested_by": by})


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
    pre_roll: PreRoll = 0.0,
    by: Who = "command line",
    data_dir: DataDir = None,
) -> None:
    """TIME SIGNAL with a segmentation_descriptor; an End carries the id of its Start."""
    segmentation = {"type": kind, "duration_s": duration, "upid_type": upid_type, "upid": upid}
    cue = {"action": CueAction.TIME_SIGNAL, "pre_roll_s": pre_roll, "requested_by": by}
    _fire(data_dir, stream, {**cue, "segmentation": segmentation})


@app.command("section")
def section(
    stream: StreamName,
    text: Annotated[
        str, typer.Argument(metavar="SECTION", help="A whole splice_info_section, base64 or hex.")
    ],
    by: Who = "command line",
    data_dir: DataDir = None,
) -> None:
    """SEND SECTION: one made elsewhere, byte for byte, decoded before it goes."""
    cue = {"action": CueAction.SEND_SECTION, "section": text, "requested_by": by}
    preview = request(data_dir, {"cmd": "preview", "stream": stream, "cue": cue})
    for warning in preview["warnings"]:
        typer.echo(f"warning: {warning}", err=True)
    _fire(data_dir, stream, cue)


@app.command("cancel")
def cancel(
    cue: Annotated[int, typer.Argument(metavar="CUE", help="The number of the cue, as `cue log` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Disarm a cue that is still ARMED: then it never airs."""
    typer.echo(_words(request(data_dir, {"cmd": "cancel", "cue_id": cue})))


@app.command("log")
def log(stream: StreamName, data_dir: DataDir = None) -> None:
    """The newest cues of the stream."""
    for cue in request(data_dir, {"cmd": "cues", "stream": stream}):
        typer.echo(_words(cue))


def _fire(data_dir: Path | None, stream: str, cue: dict[str, Any]) -> None:
    fired = request(data_dir, {"cmd": "fire", "stream": stream, "cue": cue})
    while not CueState(fired["state"]).is_final:
        time.sleep(POLL_S)
        recent = request(data_dir, {"cmd": "cues", "stream": stream})
        fired = next(one for one in recent if one["cue_id"] == fired["cue_id"])
    typer.echo(_words(fired))
    if fired["state"] != CueState.SPLICED:
        raise typer.Exit(EXIT_NOT_PROVED)


def _words(cue: dict[str, Any]) -> str:
    clock = time.strftime("%H:%M:%S", time.gmtime(cue["requested_at"]))
    event = "" if cue["splice_event_id"] is None else f" event {cue['splice_event_id']}"
    text = f"{clock} #{cue['cue_id']} {cue['action']}{event} {cue['state']}"
    text += f" sent {cue['sent']}/{cue['sent_expected']} seen {cue['seen']}/{cue['sent_expected']}"
    if cue["latency_ms"] is not None and cue["pts_time"] is None:
        text += f" {cue['latency_ms']:.0f} ms"
    if cue["pre_roll_ms"] is not None:
        text += f" {cue['pre_roll_ms'] / 1000:.2f} s pre-roll"
    return text + (f": {cue['reason']}" if cue["reason"] else "")
