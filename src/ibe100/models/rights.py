"""Rights: what each role may do. Services refuse by this table, routes and buttons are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ibe100.models.scte35_marker import CueAction


class Role(StrEnum):
    """Role of a user; each may do all that those before it may."""

    VIEWER = "viewer"
    """Reads."""
    OPERATOR = "operator"
    """Cues, starts and stops streams, sees to alarms, plans breaks."""
    ENGINEER = "engineer"
    """Sets up streams, rules, profiles, contracts, settings; tests notifications."""
    ADMIN = "admin"
    """Users, tokens, sign-in and API, restores, the audit trail."""

    def covers(self, other: Role) -> bool:
        """True when this role may do what `other` may."""
        return _RANKS[self] >= _RANKS[other]

    def within(self, most: Role) -> Role:
        """Limit this role to `most`."""
        return self if most.covers(self) else most


_RANKS: dict[Role, int] = {role: rank for rank, role in enumerate(Role)}


class Act(StrEnum):
    """An act that a role is needed for; the value is how a refusal names it."""

    READ = "to read"
    FIRE_CUE = "to fire cues"
    SEND_SECTION = "to send a section made elsewhere"
    DISARM_CUE = "to disarm cues"
    RUN_STREAM = "to start and stop streams"
    STOP_ON_AIR = "to stop a stream that runs"
    RESET_COUNTERS = "to reset counters"
    SEE_TO_ALARMS = "to see to alarms"
    PLAN_BREAKS = "to plan breaks"
    READ_PLANS = "to look through a file of planned breaks"
    SET_PRESETS = "to set up presets of cues"
    SET_UP_STREAM = "to set up streams"
    DELETE_STREAM = "to delete streams"
    PROBE = "to probe inputs"
    SET_RULES = "to set alarm rules"
    SET_NOTIFICATIONS = "to set up notifications"
    SET_PROFILES = "to save, load and import profiles"
    BACK_UP = "to make backups"
    RESTORE = "to restore a backup"
    SET_CONTRACTS = "to edit contracts"
    SET_SETTINGS = "to change settings"
    SET_ACCESS = "to change settings of sign-in, API, folders and programs"
    SAVE_SUPPORT = "to save a support bundle"
    READ_AUDIT = "to read the audit trail"
    SET_USERS = "to see to users and tokens"


ROLE_FOR: Mapping[Act, Role] = {
    Act.READ: Role.VIEWER,
    Act.FIRE_CUE: Role.OPERATOR,
    Act.SEND_SECTION: Role.OPERATOR,
    Act.DISARM_CUE: Role.OPERATOR,
    Act.RUN_STREAM: Role.OPERATOR,
    Act.STOP_ON_AIR: Role.OPERATOR,
    Act.RESET_COUNTERS: Role.OPERATOR,
    Act.SEE_TO_ALARMS: Role.OPERATOR,
    Act.PLAN_BREAKS: Role.OPERATOR,
    Act.READ_PLANS: Role.OPERATOR,
    Act.SET_PRESETS: Role.ENGINEER,
    Act.SET_UP_STREAM: Role.ENGINEER,
    Act.DELETE_STREAM: Role.ENGINEER,
    Act.PROBE: Role.ENGINEER,
    Act.SET_RULES: Role.ENGINEER,
    Act.SET_NOTIFICATIONS: Role.ENGINEER,
    Act.SET_PROFILES: Role.ENGINEER,
    Act.BACK_UP: Role.ENGINEER,
    Act.RESTORE: Role.ADMIN,
    Act.SET_CONTRACTS: Role.ENGINEER,
    Act.SET_SETTINGS: Role.ENGINEER,
    Act.SET_ACCESS: Role.ADMIN,
    Act.SAVE_SUPPORT: Role.ENGINEER,
    Act.READ_AUDIT: Role.ADMIN,
    Act.SET_USERS: Role.ADMIN,
}
"""The role that each act needs at least."""
FOUR_EYES: Mapping[str, Act] = {
    "stop": Act.STOP_ON_AIR,
    "delete": Act.DELETE_STREAM,
    "section": Act.SEND_SECTION,
}
"""Acts that a second person can be asked for, by their names in the settings."""
OF_NO_STREAM = frozenset({Act.READ, Act.READ_PLANS, Act.PROBE})
"""Acts that change no stream: the role alone decides."""


def act_of(action: CueAction) -> Act:
    """The act that a cue of this action is."""
    acts = {CueAction.SEND_SECTION: Act.SEND_SECTION, CueAction.CALL_OFF: Act.DISARM_CUE}
    return acts.get(action, Act.FIRE_CUE)
