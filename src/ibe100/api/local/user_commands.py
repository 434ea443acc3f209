"""The command line's way to users and tokens, beside `local_control`: `user_…` and `token_…` commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibe100.models.base import build
from ibe100.models.errors import ConfigurationError
from ibe100.models.users import UserChange, WantedToken, WantedUser
from ibe100.services.ports import AccessPort


async def access_command(access: AccessPort, command: str, request: Mapping[str, Any]) -> Any:
    """The result of one command, ready for JSON. Raises OperatorError."""
    match command:
        case "user_list":
            return [user.model_dump(mode="json") for user in access.users()]
        case "user_add":
            wanted = build(WantedUser, request.get("user"), "user")
            user = await access.add_user(wanted.name, wanted.role, wanted.password, wanted.streams)
            return user.model_dump(mode="json")
        case "user_change":
            change = build(UserChange, request.get("change"), "user")
            if change.role is not None:
                await access.set_role(str(request.get("name")), change.role)
            if change.streams is not None:
                await access.set_streams(str(request.get("name")), change.limits)
            if change.password is not None:
                await access.set_password(str(request.get("name")), change.password)
            return None
        case "user_remove":
            await access.remove_user(str(request.get("name")))
            return None
        case "token_list":
            return [token.model_dump(mode="json") for token in access.tokens(str(request.get("user", "")))]
        case "token_add":
            asked = build(WantedToken, request.get("token"), "token")
            made = await access.add_token(asked.user, asked.label, asked.role, asked.lasts_s)
            return made.model_dump(mode="json")
        case "token_revoke":
            await access.revoke_token(_token_id(request.get("token_id")))
            return None
        case other:
            raise ConfigurationError(f"command {other!r} is not known")


def _token_id(value: object) -> int:
    if type(value) is not int:
        raise ConfigurationError(f"token_id {value!r} is no number")
    return value
