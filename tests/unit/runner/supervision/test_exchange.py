"""What a processor can exchange while it runs: all between its input and its output."""

from ibe100.runner.supervision.exchange import split_command

MADE = ["minitsp", "--realtime", "--add-input-stuffing=1/20", "-I", "ip", "5000", "-P", "pmt", "--service=1"]
OUTPUT = ["-O", "ip", "127.0.0.1:6000"]


def test_processors_and_stuffing_are_exchanged_and_the_rest_stays() -> None:
    kept, exchanged = split_command([*MADE, "-P", "analyze", *OUTPUT])
    assert kept == ["minitsp", "--realtime", "-I", "ip", "5000", *OUTPUT]
    assert exchanged == ["--add-input-stuffing=1/20", "-P", "pmt", "--service=1", "-P", "analyze"]
    assert split_command(kept)[0] == kept
