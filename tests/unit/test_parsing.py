"""The lean reader reads what aiogram's own types read, and refuses what they refuse."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from aiogram import Bot
from aiogram.methods import SendMessage
from aiogram.types import ChatMemberUnion, Message, TelegramObject, Update, User
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bot.fastpath import parsing as reading
from bot.fastpath.parsing import Reader, reader

BOT = Bot("123456789:" + "a" * 35)
ANN = {"id": 7, "is_bot": False, "first_name": "Ann"}
GROUP = {"id": -1001, "type": "supergroup", "title": "Chess"}
PLAIN = {"message_id": 1, "date": 1_700_000_000, "chat": GROUP, "from": ANN, "text": "hello"}

junk = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.sampled_from([{}, [], [{}], PLAIN]))


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


def assert_read_alike(by: Reader, raw: Any) -> None:
    ours = outcome(lambda: by.read(raw, BOT))
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
def test_any_update_is_read_as_by_aiogram(raw: dict[str, Any], data: st.DataObject) -> None:
    by = Reader(Update)
    for _ in range(3):
        assert_read_alike(by, raw)
        raw = with_other_values(raw, data.draw)


def test_in_however_many_shapes_updates_come_few_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_SHAPES", 3)
    by = Reader(Update)
    deep = {**PLAIN, "forward_origin": {"type": "channel", "date": 1, "chat": GROUP, "message_id": 3}}
    for number in range(6):
        for message in ({**PLAIN, f"field_{number}": 1}, {**PLAIN, "reply_to_message": PLAIN}, deep, {"chat": None}):
            assert_read_alike(by, {"update_id": number, "message": message})
    assert len(by._cut) == 3
    assert list(by._cut.values()).count(by._whole) == 1


@pytest.mark.parametrize("kind", [bool, User, Message | bool, list[ChatMemberUnion]])
def test_so_is_what_a_method_returns(kind: Any) -> None:
    plain: Any
    for plain in (True, ANN, PLAIN, [{"status": "member", "user": ANN}, {"status": "left", "user": ANN}], [{}], None):
        ours = outcome(lambda plain=plain: reader(kind).read(plain, BOT))
        assert ours == outcome(lambda plain=plain: TypeAdapter(kind).validate_python(plain, context={"bot": BOT}))
        assert all(each.bot is BOT for each in objects_in(ours))


def test_what_was_read_can_be_used_as_ever() -> None:
    message = reader(Update).read({"update_id": 1, "message": PLAIN}, BOT).message
    assert message.model_copy(update={"text": "bye"}).chat.bot is BOT
    assert message.as_(None).bot is None
    answer = message.answer("hi")
    assert isinstance(answer, SendMessage)
    assert answer.chat_id == GROUP["id"]
    assert message.model_dump(exclude_none=True, by_alias=True, mode="json")["from"]["first_name"] == "Ann"
