"""Millions of packets of mutated streams through minitsp's full chain: no crash, no hang, memory flat.

Run it by hand: `nice .venv/bin/python tests/benchmarks/minitsp/fuzz.py [packets] [seed]`. Exit status 1 if
anything is wrong. Mutated are bits, headers, whole packets (doubled, dropped, swapped, random), PIDs (up to
all 8,192), time stamps and the number of bytes; tables come with random contents and a good CRC.
Memory is judged over the second half: the first fills the tables of 8,192 PIDs.
"""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
import numpy as np
import numpy.typing as npt
import psutil

from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.packet import packetize_section
from ibe100.utils.crc import with_crc32
from loopback import free_port
from minitsp_rig import MEDIA, MINITSP

DEFAULT_PACKETS = 10_000_000
BLOCK = 4096
STALL_S = 60.0
MOST_GROWTH_MB = 5.0
SAMPLES = 20
NOWHERE = "--json-udp=127.0.0.1:9"
Packets = npt.NDArray[np.uint8]
TABLES = ((0x00, 0x0000), (0x02, 110), (0x02, 0x1000), (0x42, 0x0011), (0xFC, 500), (0x4E, 0x0012))


def chain() -> list[str]:
    """Every processor that keeps state of what it sees, with the reports that the console asks for."""
    pmt = ["-P", "pmt", "--pmt-pid=110", "--add-registration=0x43554549", "--add-pid=500/0x86"]
    inject = ["-P", "spliceinject", "--pid=501", "--pts-pid=120", f"--udp=127.0.0.1:{free_port()}"]
    influx = ["-P", "influx", "--interval=1", "--bitrate", "--services", "--type", "--all-pids", "--names"]
    server = ["--pts", "--pcr", "--dts", "--tr-101-290", "--host-url=http://127.0.0.1:9"]
    account = ["--bucket=ibe100", "--org=ibe100", "--token=loopback"]
    return [
        *("-I", "file", *pmt, *inject, "--ignore-pid-conflict"),
        *("-P", "analyze", "--interval=2", NOWHERE, *influx, *server, *account),
        *("-P", "continuity", "-P", "bitrate_monitor", "--pid=120", "-P", "filter", "--negate", "--pid=8000"),
        *("-P", "splicemonitor", "--all-commands", NOWHERE, "-O", "drop"),
    ]


class Mutator:
    """Makes blocks of damaged stream from good ones; the same seed makes the same stream."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._numpy = np.random.default_rng(seed)
        files = sorted(MEDIA.glob("*.ts"))
        self._good = [np.fromfile(file, np.uint8).reshape(-1, PACKET_SIZE) for file in files]
        self._counter = 0

    def block(self) -> bytes:
        """About 4096 packets."""
        source = self._random.choice(self._good)
        start = self._random.randrange(max(1, len(source) - BLOCK))
        packets = source[start : start + BLOCK].copy()
        for mutate in self._random.sample(self._mutations(), self._random.randrange(4)):
            packets = mutate(packets)
        data = packets.tobytes()
        if self._random.random() < 0.05:
            data = self._cut(data)
        return data

    def _mutations(self) -> list[Callable[[Packets], Packets]]:
        return [self._bits, self._headers, self._order, self._noise, self._pids, self._tables, self._times]

    def _rows(self, packets: Packets, most: int) -> npt.NDArray[np.int64]:
        return self._numpy.integers(0, len(packets), self._random.randrange(1, most))

    def _bits(self, packets: Packets) -> Packets:
        rows = self._rows(packets, 2000)
        packets[rows, self._numpy.integers(1, PACKET_SIZE, len(rows))] ^= np.uint8(
            1 << self._random.randrange(8)
        )
        return packets

    def _headers(self, packets: Packets) -> Packets:
        rows = self._rows(packets, 500)
        packets[rows[:, None], np.arange(1, 20)] = self._numpy.integers(0, 256, (len(rows), 19), np.uint8)
        return packets

    def _order(self, packets: Packets) -> Packets:
        order = np.arange(len(packets))
        rows = self._rows(packets, 300)
        order[rows] = self._numpy.permutation(order[rows])
        return packets[np.delete(order, self._rows(packets, 50))]

    def _noise(self, packets: Packets) -> Packets:
        rows = self._rows(packets, 200)
        packets[rows, 1:] = self._numpy.integers(0, 256, (len(rows), PACKET_SIZE - 1), np.uint8)
        return packets

    def _pids(self, packets: Packets) -> Packets:
        pids = self._numpy.integers(0, 8192, len(packets))
        packets[:, 1] = (packets[:, 1] & 0xE0) | (pids >> 8).astype(np.uint8)
        packets[:, 2] = (pids & 0xFF).astype(np.uint8)
        return packets

    def _times(self, packets: Packets) -> Packets:
        rows = np.flatnonzero((packets[:, 3] & 0x20 != 0) & (packets[:, 4] >= 7))
        packets[rows, 6:12] = self._numpy.integers(0, 256, (len(rows), 6), np.uint8)
        starts = np.flatnonzero(packets[:, 1] & 0x40)
        packets[starts, 13:18] |= self._numpy.integers(0, 256, (len(starts), 5), np.uint8)
        return packets

    def _tables(self, packets: Packets) -> Packets:
        for _ in range(self._random.randrange(1, 40)):
            table_id, pid = self._random.choice(TABLES)
            row = self._random.randrange(len(packets))
            made = packetize_section(self._section(table_id), pid, self._counter)
            self._counter += len(made)
            count = min(len(made), len(packets) - row)
            whole = np.frombuffer(b"".join(made[:count]), np.uint8)
            packets[row : row + count] = whole.reshape(-1, PACKET_SIZE)
        return packets

    def _section(self, table_id: int) -> bytes:
        """Well formed as far as its header and CRC_32 go; a PAT names services and PMTs at random."""
        body = self._random.randbytes(self._random.choice((0, 3, 9, 40, 170, 900)))
        if table_id == 0x00:
            body = body[: len(body) // 4 * 4]
        flags = 0x3000 if table_id == 0xFC else 0xB000
        version = self._random.randrange(32)
        header = self._random.randbytes(2) + bytes((0xC1 | version << 1, 0, self._random.choice((0, 0, 3))))
        section = bytes((table_id,)) + (flags | len(body) + 9).to_bytes(2, "big") + header + body
        return with_crc32(section)

    def _cut(self, data: bytes) -> bytes:
        """Bytes missing, or bytes that do not belong there."""
        at = self._random.randrange(len(data))
        if self._random.random() < 0.5:
            return data[:at] + data[at + self._random.randrange(1, 5000) :]
        return data[:at] + self._random.randbytes(self._random.randrange(1, 5000)) + data[at:]


class Watch:
    """Reads the log so that nothing waits for it, and kills a process that takes nothing for a minute."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.lines = 0
        self.last = b""
        self.hung = False
        self.progress_s = time.monotonic()
        self._process = process
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        threading.Thread(target=self._guard, daemon=True).start()

    def finish(self) -> None:
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.lines += 1
            self.last = (self.last + line)[-3000:]

    def _guard(self) -> None:
        while self._process.poll() is None:
            time.sleep(1)
            if time.monotonic() - self.progress_s > STALL_S:
                self.hung = True
                self._process.kill()


def main() -> int:
    """Feed the packets; returns the exit status."""
    packets = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_PACKETS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    mutator = Mutator(seed)
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*MINITSP, *chain()], **pipes) as process:  # type: ignore[call-overload]
        watch, watched = Watch(process), psutil.Process(process.pid)
        fed, resident_mb, start_s = 0, [], time.monotonic()
        assert process.stdin is not None
        try:
            while fed < packets:
                data = mutator.block()
                process.stdin.write(data)
                fed += len(data) // PACKET_SIZE
                watch.progress_s = time.monotonic()
                if fed * SAMPLES // packets > len(resident_mb):
                    resident_mb.append(watched.memory_info().rss / 1e6)
            process.stdin.close()
        except BrokenPipeError:
            print("minitsp has gone")
        status = process.wait(STALL_S)
        watch.finish()
    seconds = time.monotonic() - start_s
    begin_mb, half_mb, end_mb = resident_mb[0], resident_mb[len(resident_mb) // 2], resident_mb[-1]
    print(f"{fed:,} packets, seed {seed}, {seconds:.0f} s, {watch.lines:,} log lines, exit status {status}")
    print(f"resident, MB: {', '.join(f'{one:.0f}' for one in resident_mb)}")
    print(f"resident: {begin_mb:.1f} MB at first, {half_mb:.1f} MB at half, {end_mb:.1f} MB at the end")
    good = status == 0 and not watch.hung and b"Traceback" not in watch.last
    flat = end_mb - half_mb <= MOST_GROWTH_MB
    print("no crash, no hang" if good else f"FAILED: {watch.last.decode(errors='replace')}")
    print("memory flat" if flat else "FAILED: memory grows")
    return 0 if good and flat else 1


if __name__ == "__main__":
    sys.exit(main())
