"""Pictures and sound of what goes out; a look keeps a preview running for 15 s."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import Field

from ibe100.api.etags import tagged
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, Caller, Scarce, Stream, find_stream, needs, new_router
from ibe100.api.viewers import Viewers
from ibe100.models.alarms.confidence import Picture, PictureSize, Preview, SoundLevels
from ibe100.models.base import Value
from ibe100.models.errors import OperatorError
from ibe100.models.rights import Act
from ibe100.models.users import Identity

SIZES = {"small": PictureSize.SMALL, "large": PictureSize.LARGE}
Size = Literal["small", "large"]
MOST_JPEG, QUALITIES = 40 << 10, (80, 60, 40, 20)
"""Bytes of a JPEG, and the qualities that are tried until it has no more."""
RGB, DEPTH = 2, 8
"""Colour type and bit depth of a PNG."""

router = new_router("pictures")


class Look(Value):
    """Streams to be looked at, by number, id or name."""

    streams: Annotated[tuple[str, ...], Field(max_length=16)]
    size: Size = "small"


class Sight(Value):
    """State of a preview, and how loud the output is."""

    preview: Preview
    levels: SoundLevels | None
    """None before anything was heard."""


@router.post("/previews", **needs(Act.READ))
async def look(wanted: Look, services: ApiServices, caller: Caller, request: Request) -> Done:
    """Keep previews of these streams running for 15 s; `PictureTaken` and `LevelsMeasured` tell of them."""
    found = [find_stream(services, one).stream_id for one in wanted.streams]
    await _viewers(request).look(_name(caller), found, SIZES[wanted.size])
    return Done()


@router.get("/streams/{stream}/preview", **needs(Act.READ))
async def preview(stream: Stream, services: ApiServices) -> Sight:
    """State of a stream's preview; see `POST /previews`."""
    levels = services.preview.levels(stream.stream_id)
    return Sight(preview=services.preview.preview(stream.stream_id), levels=levels)


@router.get("/streams/{stream}/picture", response_class=Response, **needs(Act.READ, Scarce.FILES))
async def picture(
    stream: Stream,
    services: ApiServices,
    caller: Caller,
    request: Request,
    size: Size = "small",
    format: Literal["png", "jpeg"] = "png",
) -> Response:
    """The newest picture of the output; 409 until the first one is there. Asking keeps it coming.

    With an ETag: asked again with `If-None-Match`, 304 says that there is no newer one. JPEG has a
    twentieth of the bytes, at most 40 KiB.
    """
    await _viewers(request).look(_name(caller), [stream.stream_id], SIZES[size])
    found = services.preview.picture(stream.stream_id)
    if found is None:
        problem = services.preview.preview(stream.stream_id).problem
        raise OperatorError(f"there is no picture of {stream.name} yet{f': {problem}' if problem else ''}")
    tag = f'"{format}-{found.taken_at}-{found.width}"'
    if tag == request.headers.get("if-none-match"):
        return tagged(request, b"", "", tag)
    content = await asyncio.to_thread(png if format == "png" else jpeg, found)
    reply = tagged(request, content, f"image/{format}", tag)
    reply.headers["X-Taken-At"] = str(found.taken_at)
    return reply


def jpeg(picture: Picture) -> bytes:
    """A picture as JPEG, as good as fits into its limit."""
    from PIL import Image  # only where somebody looks from another machine

    image = Image.frombytes("RGB", (picture.width, picture.height), picture.pixels)
    for quality in QUALITIES:
        content = io.BytesIO()
        image.save(content, "JPEG", quality=quality)
        if content.tell() <= MOST_JPEG:
            break
    return content.getvalue()


def png(picture: Picture) -> bytes:
    """A picture as PNG (ISO/IEC 15948)."""
    row = 3 * picture.width
    starts = range(0, row * picture.height, row)
    rows = b"".join(b"\0" + picture.pixels[start : start + row] for start in starts)
    head = struct.pack(">IIBBBBB", picture.width, picture.height, DEPTH, RGB, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 3)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _viewers(request: Request) -> Viewers:
    found: Viewers = request.app.state.viewers
    return found


def _name(caller: Identity) -> str:
    return f"{caller.name} {caller.token_id}"
