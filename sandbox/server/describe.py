"""Writes `bot_api.json`: parameters and input types of the Bot API, read from aiogram's classes.

Run by a developer when aiogram moves (`python -m sandbox.server.describe`); the server itself reads the file only,
and a test compares the two. A type is a list of alternatives: `int`, `str`, `bool`, `float`, `file`, `=text` (exactly
this word), `[...]` (array of), `any` (rich text, which contains itself), or the name of an object.
"""

from __future__ import annotations

import datetime as dt
import json
import types as python_types
import typing
from enum import Enum
from pathlib import Path
from typing import Any

from aiogram import methods, types
from aiogram.client.default import Default
from aiogram.methods.base import TelegramMethod
from pydantic import BaseModel

FILE = Path(__file__).with_name("bot_api.json")
_PLAIN: dict[Any, str] = {int: "int", str: "str", bool: "bool", float: "float", types.InputFile: "file"}
_LEFT_OUT = {type(None), Default, dt.datetime, dt.timedelta}


def _alternatives(annotation: Any, seen: set[type[BaseModel]]) -> list[Any]:
    origin = typing.get_origin(annotation)
    if annotation in _LEFT_OUT:
        return []
    if annotation in _PLAIN:
        return [_PLAIN[annotation]]
    if origin in {typing.Union, python_types.UnionType}:
        found = [kind for part in typing.get_args(annotation) for kind in _alternatives(part, seen)]
        return [kind for number, kind in enumerate(found) if kind not in found[:number]]
    if origin is typing.Annotated:
        return _alternatives(typing.get_args(annotation)[0], seen)
    if origin is list:
        return [_alternatives(typing.get_args(annotation)[0], seen)]
    if origin is typing.Literal:
        return [_literal(value) for value in typing.get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        seen.add(annotation)
        return [annotation.__name__]
    return ["any"]


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return f"={value.value if isinstance(value, Enum) else value}"


def _fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> dict[str, Any]:
    fields = {}
    for name, field in model.model_fields.items():
        required = field.is_required() or typing.get_origin(field.annotation) is typing.Literal
        kinds = _alternatives(field.annotation, seen)
        fields[field.alias or name] = {"type": kinds, **({"required": True} if required else {})}
    return fields


def describe() -> dict[str, Any]:
    """The whole description."""
    seen: set[type[BaseModel]] = set()
    found = [getattr(methods, name) for name in methods.__all__]
    known = {
        item.__api_method__: item for item in found if issubclass(item, TelegramMethod) and item is not TelegramMethod
    }
    described = {name: _fields(known[name], seen) for name in sorted(known)}
    done: dict[str, Any] = {}
    while todo := {model for model in seen if model.__name__ not in done}:
        for model in todo:
            done[model.__name__] = _fields(model, seen)
    return {"methods": described, "types": {name: done[name] for name in sorted(done)}}


def as_text(description: dict[str, Any]) -> str:
    """One line a method or type, so that a change reads well."""
    parts = []
    for group, members in description.items():
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in members.items())
        parts.append(f'"{group}": {{\n{lines}\n}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(as_text(describe()), encoding="utf-8")
