"""What stands around the chain: observers, an output that blocks, datagrams in bursts, sync found again."""

import errno
import os
import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from ibe100.minitsp.chain.deliveries import Deliveries
from ibe100.minitsp.chain.options import OptionTable
from ibe100.minitsp.chain.output_thread import OutputThread
from ibe100.minitsp.chain.packet_batch import Batch
from ibe100.minitsp.chain.packet_observer import ObserverGroup, PacketObserver
from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel, PacketOutput, Packets
from ibe100.minitsp.ip.datagram_bursts import DatagramBursts
from ibe100.minitsp.packets.packet_format import M2TS, TS, PacketFormat
from ibe100.minitsp.packets.packet_reader import PacketReader, SyncListener
from ibe100.mpegts.packet import as_block, null_packet

DEADLINE_S = 60.0


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        self.lines.append(f"{plugin}: {text}")


def numbered(count: int, first: int = 0) -> Packets:
    """Packets with a number in them."""
    packets = as_block(null_packet() * count).copy()
    packets[:, 4:12] = np.arange(first, first + count).astype(">u8").view(np.uint8).reshape(-1, 8)
    return packets


def numbers(packets: Packets) -> list[int]:
    found: list[int] = np.ascontiguousarray(packets[:, 4:12]).view(">u8")[:, 0].tolist()
    return found


class Observer(PacketObserver):
    name = "observer"
    options = OptionTable()

    def __init__(self, context: Context) -> None:
        super().__init__(self.options.parse(()), context)
        self.seen: list[int] = []
        self.indexes: list[int] = []
        self.ticks: list[tuple[float, int]] = []
        self.ticked = threading.Event()

    def observe(self, batch: Batch) -> None:
        self.indexes += range(batch.first_index, batch.first_index + len(batch.packets))
        self.seen += numbers(batch.packets)

    def tick(self, monotonic_s: float) -> None:
        self.ticks.append((monotonic_s, len(self.seen)))
        self.ticked.set()


def test_observers_see_every_packet_in_order_whatever_the_size_of_the_blocks() -> None:
    context = Context(GlobalOptions(), Log())
    observers = [Observer(context), Observer(context)]
    group = ObserverGroup(observers, context)
    group.start()
    count, now_s = 0, 100.0
    for size in (7, 60, 4096, 3, 2500, 2000, 2000, 2000, 1, 4096):
        block = Block(numbered(size, count), count)
        group.add(block, now_s)
        block.packets[:] = 0  # a later plugin edits it
        count, now_s = count + size, now_s + 0.01
    group.end()
    for observer in observers:
        assert observer.seen == list(range(count))
        assert observer.indexes == list(range(count))


def test_an_observer_is_ticked_when_it_is_due_and_has_seen_all_by_then() -> None:
    context = Context(GlobalOptions(), Log())
    observer = Observer(context)
    observer.due_s = 100.2
    group = ObserverGroup([observer], context)
    group.start()
    group.add(Block(numbered(50), 0), 100.0)
    group.tick(100.1)
    assert not observer.ticks
    group.add(Block(numbered(50, 50), 50), 100.15)
    group.tick(100.2)
    assert observer.ticked.wait(DEADLINE_S)
    assert observer.ticks == [(100.2, 100)]
    group.end()


def test_an_observer_that_is_still_at_it_when_the_chain_stops_is_left_alone() -> None:
    context = Context(GlobalOptions(), Log())
    observer, may = Observer(context), threading.Event()
    observer.observe = lambda _batch: may.wait(DEADLINE_S)  # type: ignore[method-assign,assignment,return-value]
    group = ObserverGroup([observer], context)
    group.start()
    group.add(Block(numbered(50), 0), 100.0)
    context.stop()
    assert group.end() == [observer]
    may.set()


class SlowOutput(PacketOutput):
    """Takes nothing until it may."""

    name = "slow"
    options = OptionTable()
    may_block = True

    def __init__(self, context: Context) -> None:
        super().__init__(self.options.parse(()), context)
        self.may = threading.Event()
        self.sent: list[int] = []
        self.stopped = False

    def send(self, packets: Packets) -> None:
        self.may.wait()
        self.sent += numbers(packets)

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def slow() -> Iterator[SlowOutput]:
    context = Context(GlobalOptions(), Log())
    context.wait_until = lambda _: not context.stopping
    output = SlowOutput(context)
    yield output
    output.may.set()


def test_an_output_that_recovers_gets_everything(slow: SlowOutput) -> None:
    thread = OutputThread(slow)
    thread.start()
    threading.Timer(0.05, slow.may.set).start()
    for first in range(0, 50_000, 5_000):
        thread.send(numbered(5_000, first))
    thread.stop()
    assert slow.sent == list(range(50_000))
    assert slow.stopped


def test_an_output_that_stays_blocked_holds_up_no_stop(slow: SlowOutput) -> None:
    thread = OutputThread(slow)
    thread.start()
    stopper = threading.Timer(0.05, slow.context.stop)
    stopper.start()
    for first in range(0, 50_000, 5_000):
        thread.send(numbered(5_000, first))
    stopper.join()
    thread.stop()
    assert not slow.sent
    assert not slow.stopped  # closing would wait too


class RefusingSocket(socket.socket):
    """A kernel that knows no bursts, or finds only when sending that the card cannot cut."""

    def sendto(self, data: bytes, address: object) -> int:  # type: ignore[override]
        if len(data) > 1316:
            raise OSError(errno.EMSGSIZE, os.strerror(errno.EMSGSIZE))
        return super().sendto(data, address)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [socket.socket, RefusingSocket])
def test_bursts_arrive_as_single_datagrams(kind: type[socket.socket]) -> None:
    data = numbered(7 * 200 + 3).tobytes()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        kind(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(DEADLINE_S)
        bursts = DatagramBursts(sender, 1316)
        received = []
        for start in range(0, len(data), 1316 * 50):
            bursts.send(data[start : start + 1316 * 50], receiver.getsockname())
            while sum(map(len, received)) < min(start + 1316 * 50, len(data)):
                received.append(receiver.recv(65_536))
    assert b"".join(received) == data
    assert [len(one) for one in received] == [1316] * 200 + [3 * 188]


@pytest.mark.parametrize("packet_format", [TS, M2TS])
@pytest.mark.parametrize(("missing", "extra"), [(1, 0), (187, 0), (0, 1), (0, 5_000), (400, 0)])
def test_sync_is_found_again_in_every_format(packet_format: PacketFormat, missing: int, extra: int) -> None:
    """The damage is in the middle of packet 50."""
    packets = numbered(200)
    formatted = np.zeros((200, packet_format.size), np.uint8)
    formatted[:, packet_format.header_bytes : packet_format.header_bytes + 188] = packets
    data = formatted.tobytes()
    middle = 50 * packet_format.size + 94
    data = data[:middle] + b"\x00" * extra + data[middle + missing :]
    reader, writer = os.pipe()
    told: list[str] = []
    listener = SyncListener(lambda count, _: told.append(f"lost {count}"), lambda _: told.append("regained"))
    source = PacketReader(reader, packet_format, listener)
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(data)
    found: list[int] = []
    while (part := source.read()) is not None:
        found += numbers(part)
    os.close(reader)
    assert told == ["lost 51", "regained"]
    kept = [number for number in found if number < 50]
    assert kept == list(range(50))
    after = [number for number in found if number > 53]
    assert after == list(range(54, 200))
    assert len(found) <= 200


class LossyOutput(PacketOutput):
    """Counts every second block as lost."""

    name = "lossy"
    options = OptionTable()

    def __init__(self, context: Context) -> None:
        super().__init__(self.options.parse(()), context)
        self.blocks = 0

    def send(self, packets: Packets) -> None:
        self.blocks += 1
        if not self.blocks % 2:
            self.lost += len(packets)


def test_a_report_is_made_once_its_block_is_delivered_and_never_of_a_lost_one() -> None:
    output = LossyOutput(Context(GlobalOptions(), Log()))
    deliveries, made = Deliveries(output), list[str]()
    for name in ("first", "lost", "third"):
        deliveries.add(lambda name=name: made.append(name))  # type: ignore[misc]
        deliveries.give(10)
        assert name not in made
        output.deliver(numbered(10))
    assert made == ["first", "third"]
    deliveries.add(lambda: made.append("too late"))
    deliveries.give(10)
    deliveries.close()
    output.deliver(numbered(10))
    assert made == ["first", "third"]
