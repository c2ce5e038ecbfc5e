"""aiogram's types, read from what Telegram sent in little more than a third of the time that aiogram itself takes.

aiogram's types are made for callers in Python too: every object that is read passes a function that takes placeholders
out of it, which JSON never holds, and is then bound to the bot in four steps. And a message has more than a hundred
fields, of which half a dozen come. Here the same schema is used without the first, with one step for the second, and
cut to the fields that came; what is read is the same, down to the last default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from aiogram import Bot
from aiogram.client.context_controller import BotContextController
from aiogram.types import TelegramObject
from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

Schema = dict[str, Any]
Plan = dict[str, Any]

DEPTH = 4
"""How deep in an update objects are cut: down to the sender of the message that a message replies to."""

SMALL = 20
"""Types of at most so many fields are not cut: a person is read whole, a chat is not."""

MOST_SHAPES = 200
"""For so many sets of fields a schema is cut, in a millisecond and 50 kB each; others are read by the whole one."""

MOST_DEFINITIONS = 20
"""Types that a cut schema may refer to beside those it is made of."""

_BIND, _FILL = "_bind", "_fill"
_defaults: dict[type, dict[str, Any]] = {}


def _bind(self: TelegramObject, context: dict[str, Bot], /) -> None:
    object.__setattr__(self, "__pydantic_private__", {"_bot": context["bot"]})


def _fill(self: TelegramObject, context: dict[str, Bot], /) -> None:
    object.__setattr__(self, "__dict__", {**_defaults[type(self)], **self.__dict__})
    object.__setattr__(self, "__pydantic_private__", {"_bot": context["bot"]})


setattr(BotContextController, _BIND, _bind)
setattr(BotContextController, _FILL, _fill)


class Reader:
    """Reads plain JSON as one of aiogram's types, or as any type made of them."""

    def __init__(self, kind: Any) -> None:
        schema = _lean(TypeAdapter(kind).core_schema)
        self._definitions: dict[str, Schema] = {each["ref"]: each for each in schema.get("definitions", ())}
        self._schema: Schema = schema["schema"] if schema["type"] == "definitions" else schema
        self._plan = self._plan_of(self._schema, DEPTH, {})
        self._whole = _validator(self._schema, self._needed(self._schema))
        self._cut: dict[Any, SchemaValidator] = {}

    def read(self, plain: Any, bot: Bot) -> Any:
        """Return the object, bound to the bot; raises `pydantic.ValidationError`."""
        shape = _shape(plain, self._plan)
        validator = self._cut.get(shape)
        if validator is None:
            validator = self._whole
            if len(self._cut) < MOST_SHAPES:
                schema = self._cut_to(self._schema, plain, self._plan)
                needed = self._needed(schema)
                # A schema that leads to most of the others again would be as large as the whole.
                if len(needed) <= MOST_DEFINITIONS:
                    validator = _validator(schema, needed)
                self._cut[shape] = validator
        return validator.validate_python(plain, context={"bot": bot})

    def _needed(self, schema: Schema) -> list[Schema]:
        """Return the definitions that a schema refers to, directly or by others."""
        needed: dict[str, Schema] = {}
        missing = set(_references(schema))
        while missing:
            needed |= {ref: self._definitions[ref] for ref in missing}
            missing = {ref for each in missing for ref in _references(self._definitions[each])} - needed.keys()
        return list(needed.values())

    def _plan_of(self, schema: Schema, depth: int, known: dict[tuple[type, int], Plan]) -> Plan | None:
        """Return which fields of the objects of a type hold objects that are cut, too; None where it is not cut."""
        match schema["type"]:
            case "definition-ref":
                return self._plan_of(self._definitions[schema["schema_ref"]], depth, known)
            case "default" | "nullable":
                return self._plan_of(schema["schema"], depth, known)
            case "model" if depth and _can_be_cut(schema):
                key = schema["cls"], depth
                if key not in known:
                    known[key] = {}
                    for name, field in schema["schema"]["fields"].items():
                        plan = self._plan_of(field["schema"], depth - 1, known)
                        if plan is not None:
                            known[key] |= {name: plan, field.get("validation_alias", name): plan}
                return known[key]
        return None

    def _cut_to(self, schema: Schema, plain: Any, plan: Plan | None) -> Schema:
        """Return a schema without the optional fields that are missing in there, as far as the plan goes."""
        if plan is None or type(plain) is not dict:
            return schema
        match schema["type"]:
            case "definition-ref":
                return self._cut_to(self._definitions[schema["schema_ref"]], plain, plan)
            case "default" | "nullable":
                return {**schema, "schema": self._cut_to(schema["schema"], plain, plan)}
        return self._cut_model(schema, plain, plan)

    def _cut_model(self, model: Schema, plain: dict[str, Any], plan: Plan) -> Schema:
        kept: dict[str, Schema] = {}
        defaults: dict[str, Any] = {}
        for name, field in model["schema"]["fields"].items():
            alias = field.get("validation_alias", name)
            default = field["schema"].get("default", ...) if field["schema"]["type"] == "default" else ...
            defaults[name] = default
            if name in plain or alias in plain:
                value = plain.get(alias, plain.get(name))
                kept[name] = {**field, "schema": self._cut_to(field["schema"], value, plan.get(name))}
            elif default is not None:
                kept[name] = field
        _defaults[model["cls"]] = defaults
        fields = {**model["schema"], "fields": kept}
        return {**{name: part for name, part in model.items() if name != "ref"}, "schema": fields, "post_init": _FILL}


def _validator(schema: Schema, definitions: list[Schema]) -> SchemaValidator:
    if definitions:
        schema = {"type": "definitions", "schema": schema, "definitions": definitions}
    # Without this flag, pydantic takes the complete schema of every nested type instead of this one.
    return SchemaValidator(schema, _use_prebuilt=False)


@cache
def reader(kind: Any) -> Reader:
    """Return the reader of a type, built once."""
    return Reader(kind)


def _can_be_cut(model: Schema) -> bool:
    fields: Schema = model["schema"]
    return model.get("post_init") == _BIND and fields["type"] == "model-fields" and len(fields["fields"]) > SMALL


def _shape(plain: Any, plan: Plan | None) -> Any:
    """Return which fields there are, in the objects in there that are cut, too."""
    if plan is None or type(plain) is not dict:
        return None
    return tuple([(name, _shape(part, plan[name])) if name in plan else name for name, part in plain.items()])


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


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if schema.get("type") == "definition-ref":
            yield schema["schema_ref"]
        for name, part in schema.items():
            if name not in {"config", "metadata"}:
                yield from _references(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from _references(part)
