"""Options are read as tsp reads them, and a wrong one is refused by name."""

import pytest

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable

TABLE = OptionTable(
    Option("service", OptionKind.TEXT, "s"),
    Option("start-delay", OptionKind.INTEGER),
    Option("start-stuffing", OptionKind.INTEGER),
    Option("pid", OptionKind.PID_RANGE, "p", repeatable=True),
    Option("add-pid", OptionKind.PAIR, "a", repeatable=True),
    Option("json-line", OptionKind.TEXT, value_optional=True),
    Option("realtime", OptionKind.BOOLEAN, value_optional=True),
    Option("udp", OptionKind.ADDRESS),
    Option("negate", short="n"),
    Option("ttl", OptionKind.INTEGER, minimum=1, maximum=255),
    max_parameters=1,
)


def parse(*tokens: str) -> Arguments:
    return TABLE.parse(tokens)


@pytest.mark.parametrize("tokens", [("--service=a b",), ("--service", "a b"), ("-s", "a b"), ("-sa b",)])
def test_a_value_may_be_joined_or_follow(tokens: tuple[str, ...]) -> None:
    assert parse(*tokens).text("service") == "a b"


def test_numbers_read_in_decimal_with_separators_and_in_hex() -> None:
    assert parse("--start-delay=6,000").integer("start-delay") == 6000
    assert parse("--start-delay", "0x1F").integer("start-delay") == 31


def test_pid_ranges_add_up() -> None:
    assert parse("-p", "256-258", "--pid=0x10").pids("pid") == {16, 256, 257, 258}


def test_pairs_repeat_in_order() -> None:
    assert parse("--add-pid", "500/0x86", "-a", "501/6").pairs("add-pid") == [(500, 0x86), (501, 6)]


def test_an_optional_value_is_never_the_next_word() -> None:
    arguments = parse("--json-line", "file.ts")
    assert arguments.present("json-line")
    assert arguments.text("json-line") == ""
    assert arguments.parameters == ("file.ts",)


def test_booleans_may_be_given_or_implied() -> None:
    assert parse("--realtime").boolean("realtime")
    assert not parse("--realtime=off").boolean("realtime")
    assert parse().boolean("realtime", default=True)


def test_an_address_may_be_left_out_before_the_port() -> None:
    assert parse("--udp=127.0.0.1:15504").address("udp") == ("127.0.0.1", 15504)
    assert parse("--udp", "15504").address("udp") == ("", 15504)


def test_an_abbreviation_is_enough_where_it_is_unique() -> None:
    assert parse("--serv", "1").text("service") == "1"
    with pytest.raises(OptionError, match="ambiguous option --start"):
        parse("--start=1")


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (["--bogus=1"], "unknown option --bogus"),
        (["-x"], "unknown option -x"),
        (["--service"], "missing value for option --service"),
        (["--negate=1"], "no value allowed for option --negate"),
        (["--ttl=0"], "value for option --ttl must be >= 1"),
        (["--ttl=256"], "value for option --ttl must be <= 255"),
        (["--pid=0x2000"], "value for option --pid must be <= 8,191"),
        (["--pid=9-3"], "invalid range 9-3 for option --pid"),
        (["--add-pid=500"], "invalid value 500 for option --add-pid"),
        (["--start-delay=soon"], "invalid integer value soon for option --start-delay"),
        (["--udp=127.0.0.1:99999"], "invalid port 99999 for option --udp"),
        (["--realtime=maybe"], "invalid boolean value maybe for option --realtime"),
        (["-n", "-n"], "option --negate is given more than once"),
        (["one", "two"], "unexpected parameter 'two'"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tokens: list[str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        parse(*tokens)
