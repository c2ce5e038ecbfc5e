"""Updates with parts that were remembered are those that aiogram reads, and what it refuses is refused."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from aiogram import Bot
from aiogram.types import TelegramObject, Update
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.updates.parsing import Parser

BOT = Bot("123456789:" + "a" * 35)
ANN = {"id": 7, "is_bot": False, "first_name": "Ann"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Chess"}
PLAIN = {"message_id": 1, "date": 1_700_000_000, "chat": GROUP, "from": ANN, "text": "hello"}

# No 0 and 1: in a field that aiogram does not know, those would be taken for False and True, which equal them.
junk = st.one_of(
    st.none(), st.booleans(), st.integers(min_value=2), st.text(max_size=5), st.sampled_from([{}, [], [{}], PLAIN])
)


def plain_of(kind: Any, draw: Any, depth: int = 0) -> Any:
    """Return JSON that perhaps is of that type: as its fields say, but now and then anything."""
    if draw(st.integers(0, 40)) == 0:
        return draw(junk)
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return plain_of(typing.get_args(kind)[0], draw, depth)
    if origin is list:
        return [plain_of(typing.get_args(kind)[0], draw, depth + 1) for _ in range(draw(st.integers(0, 2)))]
    if origin in {typing.Union, types.UnionType}:
        kinds = [one for one in typing.get_args(kind) if one is not type(None)]
        return plain_of(draw(st.sampled_from(kinds)), draw, depth)
    if origin is typing.Literal:
        return draw(st.sampled_from(typing.get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, TelegramObject):
        return {} if depth > 6 else plain_object(kind, draw, depth + 1)
    simple = {int: st.integers(-5, 5), str: st.text(max_size=3), bool: st.booleans(), type(None): st.none()}
    return draw(simple.get(kind, st.one_of(st.integers(0, 2**31), st.text(max_size=3))))


def plain_object(kind: type[TelegramObject], draw: Any, depth: int) -> dict[str, Any]:
    found = {}
    for name, field in kind.model_fields.items():
        # Few optional fields of the many there are, so that the whole stays small and often right.
        if field.is_required() or draw(st.integers(0, 3 + 4 * depth)) == 0:
            found[field.alias or name] = plain_of(field.annotation, draw, depth)
    if draw(st.integers(0, 20)) == 0:
        found["a_field_of_tomorrow"] = draw(junk)
    return found


@st.composite
def updates(draw: Any) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(set(Update.model_fields) - {"update_id"})))
    return {"update_id": 1, name: plain_of(Update.model_fields[name].annotation, draw)}


def outcome(read: Any) -> Any:
    try:
        return read()
    except ValidationError as error:
        return error.errors(include_url=False)
    except Exception as error:  # noqa: BLE001 - aiogram's own validators may raise anything
        return type(error)


def objects_in(found: Any) -> Iterator[TelegramObject]:
    if isinstance(found, TelegramObject):
        yield found
        for part in (*vars(found).values(), *(found.__pydantic_extra__ or {}).values()):
            yield from objects_in(part)
    elif isinstance(found, list):
        for one in found:
            yield from objects_in(one)


def assert_parsed_alike(parser: Parser, raw: Any) -> None:
    ours = outcome(lambda: parser.parse(raw))
    theirs = outcome(lambda: Update.model_validate(raw, context={"bot": BOT}))
    assert repr(ours) == repr(theirs)
    assert ours == theirs
    for mine, his in zip(objects_in(ours), objects_in(theirs), strict=True):
        assert mine.model_fields_set == his.model_fields_set
        assert mine.bot is his.bot is BOT


def with_other_values(plain: Any, draw: Any) -> Any:
    """Return the same fields with, now and then, something else in them."""
    if isinstance(plain, dict):
        return {name: with_other_values(part, draw) for name, part in plain.items()}
    return draw(junk) if draw(st.integers(0, 8)) == 0 else plain


@given(updates(), st.data())
def test_any_update_is_parsed_as_by_aiogram(raw: dict[str, Any], data: st.DataObject) -> None:
    parser = Parser(BOT)
    for _ in range(3):
        assert_parsed_alike(parser, raw)
        raw = with_other_values(raw, data.draw)


PRESS = {"id": "1", "from": ANN, "chat_instance": "1", "data": "x", "message": PLAIN}
COMMAND = {**PLAIN, "text": "/start", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]}


@pytest.mark.parametrize(
    "event",
    [
        {"message": PLAIN},
        {"message": COMMAND},
        {"message": {**PLAIN, "reply_to_message": PLAIN}},
        {"callback_query": PRESS},
        {"message": {**PLAIN, "from": {**ANN, "first_name": "Anna"}}},
        {"message": {**PLAIN, "from": {"id": 7}}},
        {"message": {**PLAIN, "from": {"a list": []}, "entities": [None, 5]}},
        {"message": None},
    ],
)
def test_an_update_that_comes_again_is_parsed_as_the_first_time(event: dict[str, Any]) -> None:
    parser = Parser(BOT)
    for _ in range(2):
        assert_parsed_alike(parser, {"update_id": 1, "message": PLAIN})
        assert_parsed_alike(parser, {"update_id": 2, **event})


def test_what_came_is_left_as_it_is() -> None:
    raw = {"update_id": 1, "callback_query": PRESS}
    before = repr(raw)
    Parser(BOT).parse(raw)
    assert repr(raw) == before


def test_people_and_chats_are_read_once() -> None:
    parser = Parser(BOT)
    first, second = (parser.parse({"update_id": number, "message": PLAIN}).message for number in (1, 2))
    assert first is not None
    assert second is not None
    assert first.chat is second.chat
    assert first.from_user is second.from_user
