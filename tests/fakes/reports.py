"""What a living processor sends to loopback, in tsp's shapes: influx posts and splicemonitor JSON."""

import http.client
import json
import socket

_SENDER = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def influx_lines(packets: int, pts: int) -> str:
    """One post of the influx plugin: packets of the interval, PTS of one PID in 90 kHz ticks."""
    return (
        f"bitrate,scope=ts,tsid=1 value={packets * 1504} 1795331402344\n"
        f"pts,scope=pid,tsid=1,pid=256 value={pts} 1795331402344\n"
        f"counter,name=packet_count,severity=4,scope=ts,tsid=1 value={packets} 1795331402344\n"
    )


class Reports:
    """Posts to the runner's influx port over one keep-alive connection."""

    def __init__(self, influx_port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", influx_port, timeout=60)
        self._pts = 0

    def flow(self, packets: int = 100, pts_step: int = 9000) -> None:
        """One interval of packets, with PTS that advance. Like tsp, it goes on when nobody takes the post."""
        self._pts += pts_step
        try:
            self._connection.request("POST", "/api/v2/write?bucket=ibe100", influx_lines(packets, self._pts))
            self._connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            self._connection.close()


def send_cue(splice_port: int, section_base64: str) -> None:
    """One splice_information_table as splicemonitor sends it."""
    table = {
        "#name": "splice_information_table",
        "#nodes": [
            {
                "#name": "metadata",
                "#nodes": [{"#name": "section", "base64": section_base64}],
                "pid": 500,
                "time": "2026-11-22 07:08:07",
            }
        ],
    }
    send(json.dumps(table).encode(), splice_port)


def send(data: bytes, port: int) -> None:
    """One datagram; from a socket that stays open as a processor's does, for the runner asks whose it is."""
    _SENDER.sendto(data, ("127.0.0.1", port))
