"""Several inputs of a stream as text, for the monitoring page and the cards."""

from __future__ import annotations

from ibe100.models.stream_state import ReceivedInput, SwitchMode, Telemetry

MODES = {
    SwitchMode.RULES: "",
    SwitchMode.HAND: "chosen by hand",
    SwitchMode.HOLD: "held",
    SwitchMode.DRILL: "drill",
}


def switch_words(telemetry: Telemetry | None) -> tuple[str, str]:
    """Line about all inputs, and its kind of label; empty for a stream that has one."""
    state = None if telemetry is None else telemetry.input_switch
    if state is None:
        return "", "muted"
    words = [
        f"input {at + 1}{' ON AIR' if at == state.on_air else ''}: {_input_words(one)}"
        for at, one in enumerate(state.inputs)
    ]
    mode = MODES[state.mode]
    is_calm = state.on_air == 0 and all(one.good for one in state.inputs)
    return " · ".join([*words, *([mode] if mode else [])]), "muted" if is_calm else "magenta"


def on_air_words(telemetry: Telemetry | None) -> str:
    """Input on air for a card: `INPUT 2 of 2, held`; empty where it is the first, by its rules."""
    state = None if telemetry is None else telemetry.input_switch
    if state is None or (state.on_air == 0 and state.mode is SwitchMode.RULES):
        return ""
    mode = MODES[state.mode]
    return f"INPUT {state.on_air + 1} of {len(state.inputs)}" + (f", {mode}" if mode else "")


def _input_words(one: ReceivedInput) -> str:
    if one.fault:
        return one.fault
    if one.silent_s is None:
        return "nothing yet"
    if not one.good:
        return f"silent for {one.silent_s:.0f} s"
    return f"good, {one.bitrate_bps / 1e6:.1f} Mb/s" if one.bitrate_bps else "good"
