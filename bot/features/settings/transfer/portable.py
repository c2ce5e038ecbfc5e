"""The file format of exported settings; what is read may come from anywhere."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import Refused
from bot.kinds import Setting, Value
from bot.settings import settings
from bot.storage.configs.documents import MAX_BYTES
from bot.words import N_

# A stored document, with room for indentation and unknown keys.
MOST_BYTES = 4 * MAX_BYTES
ONLY_GROUPS = N_("Only groups have this setting.")
SCHEMA_VERSION = 1
SCHEMA_URL = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file says: `values` that can be set, `unknown` keys, and `refused` ones with the line and the reason."""

    values: Mapping[str, Value]
    unknown: tuple[str, ...] = ()
    refused: Mapping[str, tuple[int, Refused]] = field(default_factory=dict)


def export(chosen: Mapping[str, Any], known: Mapping[str, Setting], *, chat: str = "", day: str = "") -> bytes:
    """Return what somebody chose as a JSON file; keys and values that today's code does not know are left out.

    `chat` and `day` say to its reader where and when it was made; reading it again ignores them.
    """
    values: dict[str, Value] = {}
    for key, setting in known.items():
        if key in chosen:
            try:
                values[key] = setting.kind.check(chosen[key])
            except Refused:
                continue
    about = {name: text for name, text in (("chat", chat), ("day", day)) if text}
    document = {"schema": SCHEMA_VERSION, **about, "settings": values}
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def read(data: bytes, known: Mapping[str, Setting], bot_id: int, chat_id: int) -> Imported:
    """Read a file for a bot and a chat; raises `Refused` for what is no export, with the line that is wrong."""
    if len(data) > MOST_BYTES:
        raise too_large()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(N_("The file is not text in UTF-8.")) from None
    document = _parsed(text)
    chosen = _chosen(document)
    values: dict[str, Value] = {}
    refused: dict[str, tuple[int, Refused]] = {}
    if chosen and "schema" not in document and not settings().keys() & chosen.keys():
        # Any object of JSON could be the bare one of settings; this one names none.
        raise Refused(N_("This is not a settings file."))
    for key, value in chosen.items():
        try:
            if key in known:
                imported = known[key].kind.imported(value)
                if why := known[key].kind.foreign(imported, bot_id, chat_id):
                    raise Refused(why)
                values[key] = imported
            elif key in settings():
                raise Refused(ONLY_GROUPS)
        except Refused as reason:
            refused[key] = (_line_of(text, key), reason)
    return Imported(values, tuple(key for key in chosen if key not in settings()), refused)


def too_large() -> Refused:
    """Return the error for a file that is larger than any export."""
    return Refused(N_("The file is too large: at most {limit} KB."), limit=MOST_BYTES // 1024)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an exported file, generated from the declared settings."""
    properties = {
        key: {"title": one.title, "description": one.help, **one.kind.json_schema(), "default": one.default}
        for key, one in settings().items()
        if one.shown
    }
    return {
        "$schema": SCHEMA_URL,
        "title": "Settings of a chat",
        "type": "object",
        "required": ["schema", "settings"],
        "properties": {
            "schema": {"const": SCHEMA_VERSION},
            "settings": {"type": "object", "properties": properties},
        },
    }


def _parsed(text: str) -> dict[str, Any]:
    if not text.lstrip().startswith("{"):
        raise Refused(N_("This is not a settings file."))
    try:
        document = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Refused(N_("The file is not JSON: line {line} is wrong."), line=error.lineno) from None
    except (RecursionError, ValueError):
        # Too deep, a number of thousands of digits, or NaN.
        raise Refused(N_("This is not a settings file.")) from None
    if not isinstance(document, dict):
        raise Refused(N_("This is not a settings file."))
    return document


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        ((double, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise Refused(N_("The file says {key} twice."), key=double[:64])
    return document


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _bare(document: dict[str, Any]) -> dict[str, Any]:
    """Version 0 is the bare object of settings, as the database holds it."""
    return {"schema": 1, "settings": document}


# Each step turns a document of its version into one of the next.
STEPS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {0: _bare}


def _chosen(document: dict[str, Any]) -> dict[str, Any]:
    version = document.get("schema", 0)
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise Refused(N_("This is not a settings file."))
    if version > SCHEMA_VERSION:
        raise Refused(N_("The file comes from a newer version of me, and I do not understand it yet."))
    while version < SCHEMA_VERSION:
        document = STEPS[version](document)
        version += 1
    chosen = document.get("settings")
    if not isinstance(chosen, dict):
        raise Refused(N_("This is not a settings file."))
    return chosen


def _line_of(text: str, key: str) -> int:
    match = re.search(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:", text)
    return text.count("\n", 0, match.start()) + 1 if match else 1
