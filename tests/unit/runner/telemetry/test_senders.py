"""Who sent a datagram, by the lists of sockets that Linux keeps."""

import socket
import sys

import pytest

from ibe100.runner.telemetry.senders import UdpSenders, is_our_connection, owners, read_tables

HEAD = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
OURS, NOBODY, ROOT = 1000, 65534, 0


def row(local: str, uid: int, state: str = "07") -> str:
    return f" 1234: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 {uid:5d} 0 4711 2 0"


def table(*rows: str) -> str:
    return "\n".join((HEAD, *rows)) + "\n"


@pytest.mark.skipif(sys.byteorder != "little", reason="the texts are of a little-endian machine")
def test_addresses_of_both_versions_read_as_they_are_written_elsewhere() -> None:
    texts = [
        table(row("0100007F:4E21", OURS), row("00000000:BC1A", ROOT)),
        table(
            row("00000000000000000000000001000000:4E21", NOBODY),
            row("0000000000000000FFFF00000100007F:4E22", NOBODY),
        ),
    ]
    assert owners(texts) == {
        20001: [("127.0.0.1", OURS), ("::1", NOBODY)],
        48154: [("0.0.0.0", ROOT)],
        20002: [("127.0.0.1", NOBODY)],
    }


@pytest.mark.parametrize("text", ["", HEAD, table(" 1: 0100007F:4E21"), table("", "garbage")])
def test_what_is_no_row_is_passed_over(text: str) -> None:
    assert owners([text]) == {}


def test_a_connection_counts_while_both_sides_hold_it() -> None:
    """The kernel names root as the owner of one that was closed."""
    texts = [table(row("0100007F:4E21", ROOT, "06"), row("0100007F:4E22", ROOT, "05"))]
    assert owners(texts, established=True) == {}
    assert not is_our_connection(("127.0.0.1", 20001), lambda: texts, frozenset({ROOT, OURS}))
    alive = [table(row("0100007F:4E21", OURS, "01"), row("0100007F:4E22", NOBODY, "01"))]
    assert is_our_connection(("127.0.0.1", 20001), lambda: alive, frozenset({ROOT, OURS}))
    assert not is_our_connection(("127.0.0.1", 20002), lambda: alive, frozenset({ROOT, OURS}))


class Machine:
    """A list of sockets that changes, and a clock."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.reads = 0
        self.now = 100.0
        self.senders = UdpSenders(self.read, lambda: self.now, frozenset({ROOT, OURS}))

    def read(self) -> list[str]:
        self.reads += 1
        return [table(*self.rows)]

    def believes(self, port: int) -> bool:
        return self.senders.are_ours(("127.0.0.1", port))


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_the_owner_of_the_port_decides(machine: Machine) -> None:
    machine.rows = [row("00000000:4E21", OURS), row("0100007F:4E22", NOBODY), row("0100007F:4E23", ROOT)]
    assert [machine.believes(port) for port in (20001, 20002, 20003, 20004)] == [True, False, True, False]


def test_a_port_that_two_users_have_is_nobodys(machine: Machine) -> None:
    machine.rows = [row("00000000:4E21", OURS), row("0100007F:4E21", NOBODY)]
    assert not machine.believes(20001)


def test_a_socket_at_another_address_says_nothing(machine: Machine) -> None:
    machine.rows = [row("0200007F:4E21", OURS)]
    assert not machine.believes(20001)


def test_known_senders_cost_one_read_a_second(machine: Machine) -> None:
    machine.rows = [row("00000000:4E21", OURS), row("00000000:4E22", OURS)]
    for _ in range(1000):
        assert machine.believes(20001) and machine.believes(20002)
        machine.now += 0.003
    assert machine.reads <= 4


def test_new_ports_without_end_do_not_keep_the_runner_busy(machine: Machine) -> None:
    machine.rows = [row("00000000:4E21", OURS)]
    assert machine.believes(20001)
    for port in range(30000, 40000):
        assert not machine.believes(port)
    assert machine.believes(20001)
    assert machine.reads < 60


def test_a_socket_made_just_now_is_found(machine: Machine) -> None:
    machine.rows = [row("00000000:4E21", OURS)]
    assert machine.believes(20001)
    machine.rows.append(row("00000000:4E22", OURS))
    assert machine.believes(20002)


def test_the_last_words_of_a_process_that_ended_are_believed(machine: Machine) -> None:
    machine.rows = [row("00000000:4E21", OURS)]
    assert machine.believes(20001)
    machine.rows = []
    machine.now += 1.5
    assert machine.believes(20001)
    machine.now += 1.0
    assert not machine.believes(20001), "and not for ever"


def test_a_sender_that_ended_before_it_was_looked_for_is_believed_only_when_that_is_asked(
    machine: Machine,
) -> None:
    machine.rows = [row("00000000:4E22", NOBODY)]
    assert not machine.believes(20001)
    machine.senders.believes_the_dead = True
    assert machine.believes(20001)
    assert not machine.believes(20002), "one that lives, and is another's"


def test_a_port_that_another_user_has_taken_over_is_not_believed(machine: Machine) -> None:
    machine.rows = [row("00000000:4E21", OURS)]
    assert machine.believes(20001)
    machine.rows = [row("00000000:4E21", NOBODY)]
    machine.now += 1.1
    assert not machine.believes(20001)


def test_where_the_system_lists_no_sockets_all_are_believed(tmp_path_factory: pytest.TempPathFactory) -> None:
    assert read_tables("udp", tmp_path_factory.mktemp("empty")) is None
    assert UdpSenders(lambda: None, lambda: 0.0, frozenset({OURS})).are_ours(("127.0.0.1", 1))
    assert is_our_connection(("127.0.0.1", 1), lambda: None, frozenset({OURS}))


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_real_socket_is_ours() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"", ("127.0.0.1", 9))
        assert UdpSenders().are_ours(("127.0.0.1", one.getsockname()[1]))
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert is_our_connection(client.getsockname())
