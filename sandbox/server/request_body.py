"""Reading parameters and files of a request: query, form, JSON or multipart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from sandbox.world.errors import ApiError, bad_request

MAX_BODY_BYTES = 52 * 1024 * 1024
UNREADABLE = (
    ValueError,
    TypeError,
    AssertionError,
    LookupError,
    RuntimeError,
    RuntimeWarning,  # aiohttp warns of a broken Content-Disposition; where warnings are errors it arrives here
    HttpProcessingError,
    web.RequestPayloadError,
)


@dataclass(slots=True, frozen=True)
class Upload:
    """A file inside a request."""

    name: str
    content: bytes


def too_large() -> ApiError:
    """The refusal of a body that is too large."""
    return ApiError(413, "Request Entity Too Large")


async def read(request: web.Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    """All parameters and files of a request; the body wins over the query."""
    given: dict[str, Any] = dict(request.query)
    files: dict[str, Upload] = {}
    if not request.body_exists:
        return given, files
    kind = request.content_type.lower()
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise too_large()
    try:
        if kind == "multipart/form-data":
            await _multipart(request, given, files)
        elif kind == "application/json":
            given.update(_json(await _body(request)))
        elif kind == "application/x-www-form-urlencoded":
            given.update({key: value for key, value in (await request.post()).items() if isinstance(value, str)})
    except web.HTTPRequestEntityTooLarge as error:
        raise too_large() from error
    return given, files


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.RequestPayloadError as error:
        raise bad_request("can't read the request") from error


def _json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(found, dict):
        raise bad_request("can't parse JSON object: Object expected")
    return found


async def _multipart(request: web.Request, given: dict[str, Any], files: dict[str, Upload]) -> None:
    try:
        reader = await request.multipart()
        total = 0
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            content = await _part(part)
            total += len(content)
            if total > MAX_BODY_BYTES:
                raise too_large()
            if part.filename is not None:
                files[part.name] = Upload(part.filename, content)
            else:
                given[part.name] = content.decode("utf-8", "surrogateescape")
    except UNREADABLE as error:
        raise bad_request("can't parse multipart/form-data request") from error


async def _part(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(256 * 1024):
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise too_large()
    return bytes(part.decode(bytes(content))) if part.headers.get("Content-Transfer-Encoding") else bytes(content)
