"""Direction of a section: out of the network's programme, back into it, or neither; how its break ends."""

from __future__ import annotations

from ibe100.models.cues.contract import Contract, TimeSignalCommand
from ibe100.models.scte35_marker import Direction
from ibe100.scte35.values import SegmentationDescriptor, SpliceInfoSection, SpliceInsert, TimeSignal


def direction_of(section: SpliceInfoSection, contract: Contract | None) -> Direction:
    """Direction of the section, by the command with which the contract announces breaks."""
    command = section.command
    if isinstance(command, SpliceInsert) and not command.splice_event_cancel_indicator:
        return Direction.OUT if command.out_of_network_indicator else Direction.IN
    asked = contract.command if contract is not None else None
    if isinstance(command, TimeSignal) and isinstance(asked, TimeSignalCommand):
        kinds = {
            one.segmentation_type_id
            for one in section.descriptors
            if isinstance(one, SegmentationDescriptor) and not one.segmentation_event_cancel_indicator
        }
        if asked.end_type_id in kinds:
            return Direction.IN
        if asked.start_type_id in kinds:
            return Direction.OUT
    return Direction.NONE


def auto_return_of(section: SpliceInfoSection) -> bool | None:
    """auto_return of the break that the section begins; None where it does not say."""
    command = section.command
    if not isinstance(command, SpliceInsert) or not command.out_of_network_indicator:
        return None
    return None if command.break_duration is None else command.break_duration.auto_return
