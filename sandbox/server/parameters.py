"""Parameters against the description of the Bot API: unknown and ill-typed ones are refused.

The real server ignores parameters it does not know; here they are a 400, which helps developers more.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.world.errors import ApiError, bad_request
from sandbox.world.formatting.entities import require_utf8

from .request_body import Upload

Kinds = list[Any]
Fields = dict[str, dict[str, Any]]
EPHEMERAL_PARAMETERS = frozenset({"ephemeral_message_parameters", "receiver_user_id"})
MISSING = {
    "chat_id": "chat_id is empty",
    "from_chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "user_id": "invalid user_id specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "action": "wrong parameter action in request",
    "file_id": "file_id is not specified",
    "permissions": "can't parse permissions: can't parse JSON object",
}
WRONG = {
    "chat_id": "chat not found",
    "from_chat_id": "chat not found",
    "user_id": "invalid user_id specified",
    "message_id": "message identifier is not specified",
    "reply_markup": "object expected as reply markup",
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_TRUE, _FALSE = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0", ""})


class MismatchError(Exception):
    """A value is not of the type the Bot API names; the text says where."""


@cache
def description() -> dict[str, dict[str, Fields]]:
    """`bot_api.json`, read once."""
    found: dict[str, dict[str, Fields]] = json.loads(Path(__file__).with_name("bot_api.json").read_text("utf-8"))
    return found


@cache
def known_methods() -> dict[str, str]:
    """Every method of the Bot API: lower-case name to proper name."""
    return {name.lower(): name for name in description()["methods"]}


def checked(method: str, given: dict[str, Any], files: dict[str, Upload]) -> dict[str, Any]:
    """The parameters as their types say, those not given left out; files in place of `attach://` names."""
    fields = description()["methods"][method]
    result: dict[str, Any] = {}
    for name, value in {**given, **{key: upload for key, upload in files.items() if key in fields}}.items():
        if name not in fields:
            raise bad_request(f'unknown parameter "{name}" of {method}')
        if value is None or (value == "" and "str" not in fields[name]["type"]):
            continue
        result[name] = _top(name, value, fields[name]["type"])
    for name, field in fields.items():
        if field.get("required") and name not in result:
            raise bad_request(MISSING.get(name, f'parameter "{name}" is required'))
    _check_attachments(fields, files, result)
    return result


def _top(name: str, value: Any, kinds: Kinds) -> Any:
    if isinstance(value, str) and not {"str", "int", "bool", "float", "file"}.intersection(
        k for k in kinds if isinstance(k, str)
    ):
        value = _decoded(name, value)
    try:
        return converted(value, kinds, name, loose=True)
    except MismatchError as error:
        raise _wrong(name, value, str(error)) from error


def _decoded(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise _wrong(name, value, f"can't parse {name}: can't parse JSON object") from error


def _wrong(name: str, value: Any, text: str) -> ApiError:
    known = WRONG.get(name)
    return bad_request(known if known and not isinstance(value, dict) else text)


def converted(value: Any, kinds: Kinds, where: str, *, loose: bool = False) -> Any:
    """The value as the first alternative that fits; `loose` also turns numbers into strings, as in form fields."""
    errors: list[MismatchError] = []
    for kind in kinds:
        try:
            return _as_kind(value, kind, where, loose=loose)
        except MismatchError as error:
            errors.append(error)
    if isinstance(value, dict) and len(errors) > 1:
        raise _likeliest(value, kinds, errors)
    raise errors[0]


def _likeliest(value: dict[str, Any], kinds: Kinds, errors: list[MismatchError]) -> MismatchError:
    """Of several possible types, the error of the one whose required fields (or `type`) are present."""
    for kind, error in zip(kinds, errors, strict=True):
        fields = description()["types"].get(kind, {}) if isinstance(kind, str) else {}
        words = [str(item)[1:] for item in fields.get("type", {}).get("type", []) if str(item).startswith("=")]
        if words and value.get("type") in words:
            return error
        required = [name for name, field in fields.items() if field.get("required")]
        if fields and not words and all(name in value for name in required):
            return error
    return errors[0]


def _as_kind(value: Any, kind: Any, where: str, *, loose: bool) -> Any:
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise MismatchError(f"can't parse {where}: Array expected")
        return [converted(item, kind, where) for item in value]
    if kind in _SIMPLE:
        found = _SIMPLE[kind](value, loose)
        if found is None:
            raise MismatchError(f"can't parse {where}: {_NOUNS[kind]} expected")
        return found
    if kind == "any":
        return value
    if kind.startswith("="):
        if value != kind[1:]:
            raise MismatchError(f'can\'t parse {where}: "{kind[1:]}" expected')
        return value
    return _as_object(value, kind, where)


def _as_object(value: Any, kind: str, where: str) -> dict[str, Any]:
    if kind == "KeyboardButton" and isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict):
        raise MismatchError(f"can't parse {where}: Object expected")
    fields = description()["types"][kind]
    result = {}
    for name, inner in value.items():
        if inner is None:
            continue
        if name not in fields:
            raise MismatchError(f'can\'t parse {where}: unknown field "{name}" of {kind}')
        result[name] = converted(inner, fields[name]["type"], f"{where}: {kind}.{name}")
    for name, field in fields.items():
        if field.get("required") and name not in result:
            raise MismatchError(f"can't parse {where}: Can't find field \"{name}\" of {kind}")
    return result


def _integer(value: Any, _loose: bool) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else None


def _float(value: Any, _loose: bool) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _boolean(value: Any, _loose: bool) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else "?"
    return True if word in _TRUE else False if word in _FALSE else None


def _string(value: Any, loose: bool) -> str | None:
    if loose and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        require_utf8(value)
        return value
    return None


def _file(value: Any, _loose: bool) -> Upload | None:
    return value if isinstance(value, Upload) else None


_SIMPLE = {"int": _integer, "float": _float, "bool": _boolean, "str": _string, "file": _file}
_NOUNS = {"int": "Integer", "float": "Number", "bool": "Boolean", "str": "String", "file": "File"}


def _check_attachments(fields: Fields, files: dict[str, Upload], result: dict[str, Any]) -> None:
    """A file in the request that no parameter names is a mistake of the client."""
    used = set(_attached(result))
    for name, value in result.items():
        if isinstance(value, str) and value.startswith("attach://") and "file" in fields[name]["type"]:
            if value[9:] not in files:
                raise bad_request(MISSING.get(name, "there is no file in the request"))
            result[name] = files[value[9:]]
    for name in files:
        if name not in fields and name not in used:
            raise bad_request(f'unknown file "{name}" in the request')


def _attached(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value[9:]] if value.startswith("attach://") else []
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [name for part in parts for name in _attached(part)]
