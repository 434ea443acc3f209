"""Names and formats stay on screen through a second that did not tell them."""

import pytest

from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.services.watches.steady_words import steady_pids, steady_services


def service(service_id: int, name: str, provider: str = "") -> ServiceSample:
    return ServiceSample(
        service_id=service_id, name=name, provider=provider, pmt_pid=32, pcr_pid=256, bitrate_bps=1000
    )


def pid(description: str, number: int = 256) -> PidSample:
    return PidSample(pid=number, bitrate_bps=1, packets=1, discontinuities=0, description=description)


def test_a_service_keeps_its_name_until_another_is_told() -> None:
    before = (service(1, "France 2", "GR1"), service(2, "Arte", "GR1"))
    now = (service(1, ""), service(2, "Arte HD", "GR2"), service(3, ""))
    assert steady_services(now, before) == (service(1, "France 2", "GR1"), *now[1:])


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        ("AVC video (1920x1080, high profile)", "AVC video", "AVC video (1920x1080, high profile)"),
        ("AC-3 Audio (fre, stereo)", "AC-3 Audio (fre)", "AC-3 Audio (fre, stereo)"),
        ("AVC video (1920x1080, high profile)", "AVC video (720x576)", "AVC video (720x576)"),
        ("AVC video (1920x1080)", "HEVC video", "HEVC video"),
        ("", "PAT", "PAT"),
    ],
)
def test_a_pid_keeps_its_details_while_it_is_described_alike(before: str, now: str, shown: str) -> None:
    assert steady_pids((pid(now),), (pid(before),)) == (pid(shown),)
    assert steady_pids((pid(now),), (pid(before, 300),)) == (pid(now),)
