"""Alarms about several inputs: a backup is on air, or one that should wait behind it is not there."""

from ibe100.models.stream_config import StreamConfig, SwitchedInput, UdpInput
from ibe100.models.stream_state import InputSwitchState, ReceivedInput, SwitchMode
from ibe100.services.alarms.stream_catalogue import BACKUP_MISSING, ON_BACKUP
from ibe100.services.streams.runner_samples import SwitchStatus
from ibe100.services.watches.input_switch import InputSwitchWatch

GOOD = ReceivedInput(good=True, silent_s=0.0)
CONFIG = StreamConfig(name="Two", input=SwitchedInput(inputs=(UdpInput(port=5000), UdpInput(port=5002))))


def told(on_air: int, *inputs: ReceivedInput) -> SwitchStatus:
    state = InputSwitchState(
        on_air=on_air, mode=SwitchMode.RULES, reason="input 1: no packets came", inputs=inputs
    )
    return SwitchStatus(1.0, 1.0, state)


def test_the_main_input_with_a_good_backup_is_no_alarm() -> None:
    found = InputSwitchWatch(CONFIG).take(told(0, GOOD, GOOD), 1.0)
    assert not any(judgement.is_true for judgement in found.values())


def test_a_backup_on_air_and_the_missing_main_are_alarms_with_their_names() -> None:
    found = InputSwitchWatch(CONFIG).take(told(1, ReceivedInput(good=False, silent_s=3.2), GOOD), 1.0)
    assert found[ON_BACKUP].value == "input 2 (udp :5002): input 1: no packets came"
    assert found[BACKUP_MISSING].value == "input 1 (udp :5000) is silent"


def test_an_input_on_air_that_is_faulty_is_told_of_by_other_alarms() -> None:
    faulty = ReceivedInput(good=False, silent_s=0.0, fault="its packets are scrambled")
    assert not InputSwitchWatch(CONFIG).take(told(0, faulty, GOOD), 1.0)[BACKUP_MISSING].is_true


def test_a_status_of_other_inputs_than_those_on_record_says_nothing() -> None:
    assert InputSwitchWatch(CONFIG).take(told(0, GOOD, GOOD, GOOD), 1.0) == {}
    assert InputSwitchWatch(StreamConfig(name="One")).take(told(0, GOOD, GOOD), 1.0) == {}
