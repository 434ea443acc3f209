"""Segmentation that an operator may signal by a descriptor (ANSI/SCTE 35 2023r1 tables 22 and 23)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from ibe100.models.base import Text, Value


class SegmentationType(StrEnum):
    """A segmentation_type_id by the standard's name; `0x22` and `break-start` do as well.

    Each comes as a Start and its End, whose segmentation_type_id is one higher.
    """

    PROGRAM_START = "Program Start"
    PROGRAM_END = "Program End"
    CHAPTER_START = "Chapter Start"
    CHAPTER_END = "Chapter End"
    BREAK_START = "Break Start"
    BREAK_END = "Break End"
    PROVIDER_ADVERTISEMENT_START = "Provider Advertisement Start"
    PROVIDER_ADVERTISEMENT_END = "Provider Advertisement End"
    DISTRIBUTOR_ADVERTISEMENT_START = "Distributor Advertisement Start"
    DISTRIBUTOR_ADVERTISEMENT_END = "Distributor Advertisement End"
    PROVIDER_PLACEMENT_OPPORTUNITY_START = "Provider Placement Opportunity Start"
    PROVIDER_PLACEMENT_OPPORTUNITY_END = "Provider Placement Opportunity End"
    DISTRIBUTOR_PLACEMENT_OPPORTUNITY_START = "Distributor Placement Opportunity Start"
    DISTRIBUTOR_PLACEMENT_OPPORTUNITY_END = "Distributor Placement Opportunity End"
    UNSCHEDULED_EVENT_START = "Unscheduled Event Start"
    UNSCHEDULED_EVENT_END = "Unscheduled Event End"
    NETWORK_START = "Network Start"
    NETWORK_END = "Network End"

    @classmethod
    def _missing_(cls, value: object) -> SegmentationType | None:
        words = " ".join(str(value).replace("-", " ").replace("_", " ").lower().split())
        for one in cls:
            if words in (one.value.lower(), f"0x{one.type_id:02x}"):
                return one
        return None

    @property
    def type_id(self) -> int:
        """segmentation_type_id."""
        return _TYPE_IDS[self]

    @property
    def start(self) -> SegmentationType:
        """The Start whose segmentation_event_id this one carries: itself, or what it ends."""
        if self.type_id % 2 == 0:
            return self
        return next(one for one in SegmentationType if one.type_id == self.type_id - 1)

    @property
    def is_start(self) -> bool:
        """True for a Start."""
        return self.start is self


_TYPE_IDS: dict[SegmentationType, int] = dict(
    zip(
        SegmentationType,
        (0x10, 0x11, 0x20, 0x21, 0x22, 0x23, *range(0x30, 0x38), 0x40, 0x41, 0x50, 0x51),
        strict=True,
    )
)


class UpidType(StrEnum):
    """A segmentation_upid_type by the standard's name."""

    NOT_USED = "Not Used"
    USER_DEFINED = "User Defined"
    AD_ID = "Ad-ID"
    UMID = "UMID"
    ISAN = "ISAN"
    TID = "TID"
    AIRING_ID = "AiringID"
    ADI = "ADI"
    EIDR = "EIDR"
    MPU = "MPU()"
    MID = "MID()"
    ADS_INFORMATION = "ADS Information"
    URI = "URI"
    UUID = "UUID"
    SCR = "SCR"

    @classmethod
    def _missing_(cls, value: object) -> UpidType | None:
        words = str(value).lower().removesuffix("()")
        return next((one for one in cls if words == one.value.lower().removesuffix("()")), None)


class Segmentation(Value):
    """One segmentation_descriptor as it is asked for; its event id is given when it is sent."""

    type: SegmentationType
    upid_type: UpidType = UpidType.NOT_USED
    upid: Annotated[Text, Field(max_length=440)] = ""
    """Text; UMID, ISAN, AiringID, MPU and MID in hex, EIDR as `10.5240/…` or hex, UUID as usual."""
    duration_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """segmentation_duration; an End announces none."""
    segment_num: Annotated[int, Field(ge=0, le=255)] = 0
    segments_expected: Annotated[int, Field(ge=0, le=255)] = 0
