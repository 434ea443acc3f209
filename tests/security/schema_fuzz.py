"""Every route with what its description allows and forbids, by the token of each role: by hand, some minutes.

    python -m venv /tmp/schemathesis && /tmp/schemathesis/bin/pip install schemathesis
    PYTHONPATH=tests/rigs .venv/bin/python tests/security/schema_fuzz.py /tmp/schemathesis/bin/schemathesis

Schemathesis (MIT; thirty packages, none of which this project needs otherwise) has an environment of its own.
Ends with 1 where an answer was 5xx, where a role got in that its route does not let in, or was kept from one
that does. Routes that begin or end something, or that end a token, are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

from api_rig import NAMES, served
from ibe100.api.application import guarded_routes
from ibe100.api.guard import middleware
from ibe100.api.guard.connections import Connection
from ibe100.api.roles import role_of
from ibe100.models.stream_config import StreamConfig
from ibe100.models.users import Role

LEFT_OUT = "/(start|restart|retry|probe|logout|tokens/{token_id}|users/{name})$"
EXPECTED_5XX = frozenset({503})
"""Busy: too many at once."""


class Recorder:
    """Answers by role, method, route and status, taken where the server gives them."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[Role, str, str, int]] = Counter()
        self._routes = [(route, method) for route in guarded_routes() for method in route.methods]

    def note(self, scope: Scope, status: int) -> None:
        identity = scope["state"].get("identity")
        path = next(
            (
                route.path
                for route, method in self._routes
                if method == scope["method"] and route.path_regex.match(scope["path"])
            ),
            "",
        )
        if identity is not None and path:
            self.answers[identity.role, scope["method"], path, status] += 1

    def faults(self) -> list[str]:
        """What must not be, a line each."""
        needed = {(method, route.path): role_of(route) for route, method in self._routes}
        found = []
        for (role, method, path, status), count in sorted(self.answers.items()):
            may = role.covers(needed[method, path])
            if status >= 500 and status not in EXPECTED_5XX:
                found.append(f"{count} × {status}: {role} {method} {path}")
            elif status == 403 and may:
                found.append(f"{count} × kept out: {role} {method} {path}")
            elif status < 400 and not may:
                found.append(f"{count} × let in: {role} {method} {path}")
        return found


async def fuzz(tool: str, seconds: int) -> list[str]:
    """Faults of all roles."""
    recorder = Recorder()
    serve = middleware.RequestGuard._serve

    async def recorded(
        guard: middleware.RequestGuard, connection: Connection, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                recorder.note(scope, message["status"])
            await send(message)

        await serve(guard, connection, scope, receive, sending)

    middleware.RequestGuard._serve = recorded  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # a stream may name files
        async with served(Path(folder, "data")) as api:
            for number in range(1, 4):
                await api.application.streams.add(StreamConfig(name=f"Channel {number}"))
            for role in NAMES:
                running = await asyncio.create_subprocess_exec(
                    tool, "run", f"{api.url}/api/v1/openapi.json", "--url", api.url,
                    "-H", f"Authorization: Bearer {api.tokens[role].token}",
                    "--checks", "not_a_server_error", "--phases", "coverage,fuzzing", "--continue-on-failure",
                    "--exclude-path-regex", LEFT_OUT, "--max-time", str(seconds), "--workers", "2",
                    "--max-failures", "1000", "--no-color",
                )  # fmt: skip
                await running.wait()
                print(f"{role}: {sum(recorder.answers.values())} answers so far", flush=True)
    statuses = Counter[int]()
    for (_, _, _, status), count in recorder.answers.items():
        statuses[status] += count
    print("answers by status:", dict(sorted(statuses.items())))
    print(f"{len({(method, path) for _, method, path, _ in recorder.answers})} routes were asked")
    return recorder.faults()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", help="path of schemathesis")
    parser.add_argument("--seconds", type=int, default=60, help="for each role")
    options = parser.parse_args()
    faults = asyncio.run(fuzz(options.tool, options.seconds))
    print("\n".join(faults) or "no fault")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
