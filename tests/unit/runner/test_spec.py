from typing import Any

import pytest

from ibe100.runner.spec import SpecError, parse_secrets, parse_spec, secret_name


def spec(**changes: Any) -> dict[str, Any]:
    value: dict[str, Any] = {
        "version": 1,
        "stream_id": "s1",
        "name": "Channel 1",
        "generation": 3,
        "engine": "builtin",
        "processor": {"argv": ["tsp", "@{secret:srt}"], "env": {"TSDUCK_NO_USER_CONFIG": "1"}},
        "source": None,
        "ports": {"cue": 4001, "splice_json": 4002, "influx": 4003, "analyze_json": 4004},
        "policy": {"finite": True, "stall_timeout_s": 3},
    }
    value.update(changes)
    return value


def test_a_whole_spec_is_read() -> None:
    read = parse_spec(spec())
    assert read.processor.argv == ("tsp", "@{secret:srt}")
    assert read.policy.finite is True
    assert read.policy.stall_timeout_s == 3.0
    assert read.policy.backoff_max_s == 30.0
    assert read.source is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version is 2; this runner reads version 1"),
        ({"generation": True}, "generation is True; allowed is 0 to 9007199254740992"),
        ({"stream_id": ""}, "stream_id is ''; allowed is a text of 1 to 1024 characters"),
        ({"colour": "red"}, "colour is not known"),
        ({"processor": {"argv": []}}, "processor.argv must be a list of at least one text"),
        ({"processor": {"argv": ["tsp", 5]}}, "processor.argv[1] must be a text without NUL"),
        ({"processor": {"argv": ["tsp"], "env": {"A=": "1"}}}, "processor.env: 'A='"),
        ({"source": {}}, "source.argv is missing"),
        ({"ports": {"influx": 0}}, "ports.influx is 0; allowed is 1 to 65535"),
        ({"ports": {"influx": 9, "cue": 70000}}, "ports.cue is 70000"),
        ({"ports": {"influx": 9, "cue": 8, "splice_json": 8}}, "UDP port 8 is given twice"),
        ({"ports": {"influx": "influx.sock", "cue": "../cue.sock"}}, "ports.cue is '../cue.sock'"),
        ({"ports": {"influx": 9, "cue": "a.sock", "tap": "a.sock"}}, "a.sock is given twice"),
        ({"policy": {"stall_timeout_s": 0}}, "policy.stall_timeout_s is 0"),
        ({"policy": {"backoff_max_s": float("nan")}}, "policy.backoff_max_s is nan"),
        ({"policy": {"finite": 1}}, "policy.finite is 1; allowed is true or false"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(spec(**changes))
    assert message in str(caught.value)


@pytest.mark.parametrize("field", ["stream_id", "processor", "ports", "engine"])
def test_a_missing_field_is_named(field: str) -> None:
    value = spec()
    del value[field]
    with pytest.raises(SpecError, match=f"^{field} is missing$"):
        parse_spec(value)


def test_a_secret_that_was_not_handed_over_is_named() -> None:
    with pytest.raises(SpecError, match="secret srt was not handed over"):
        parse_spec(spec()).check_secrets({"other": "x"})
    parse_spec(spec()).check_secrets({"srt": "--passphrase=0123456789"})


def test_only_a_whole_token_is_a_placeholder() -> None:
    assert secret_name("@{secret:srt-in.1}") == "srt-in.1"
    assert secret_name("x@{secret:srt}") is None
    assert secret_name("@@{secret:srt}") is None


def test_wrong_secrets_are_refused_without_repeating_them() -> None:
    with pytest.raises(SpecError) as caught:
        parse_secrets({"srt": ["--passphrase=hidden"]})
    assert "hidden" not in str(caught.value)


def test_a_processor_may_come_later_where_there_is_a_source() -> None:
    held = spec()
    held["processor"] = None
    with pytest.raises(SpecError, match="processor is null"):
        parse_spec({**held, "source": None})
    parsed = parse_spec({**held, "source": {"argv": ["tsp", "@{secret:srt}"]}})
    assert parsed.processor is None
    with pytest.raises(SpecError, match="secret srt was not handed over"):
        parsed.check_secrets({})
