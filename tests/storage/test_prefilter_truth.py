"""Random updates in chats with random settings: handling one that would be dropped sends and stores nothing."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import GetMe, TelegramMethod
from aiogram.types import ChatMemberRestricted, Message, Update, User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.app import build_dispatcher
from bot.environment import Environment
from bot.features.tidiness import CLEANED
from bot.storage.configs.cache import CachedConfigs
from bot.storage.connection.availability import Pool
from bot.telegram.callback_data import Press
from bot.updates.prefilter import Prefilter
from tests.conftest import NOW, TOKEN

ME = User(id=123456789, is_bot=True, first_name="Bot", username="the_bot", can_join_groups=True)
ANN = {"id": 7, "is_bot": False, "first_name": "Ann"}
CHATS = [
    {"id": -1001, "type": "supergroup", "title": "Chess"},
    {"id": -1002, "type": "supergroup", "title": "Go", "is_forum": True},
    {"id": -3, "type": "group", "title": "Draughts"},
    {"id": 7, "type": "private", "first_name": "Ann"},
]
_NUMBERS = itertools.count(1)
_VALUES: dict[str, list[Any]] = {key: [True, False] for key in CLEANED} | {
    "welcome": ["off", "everyone", "newcomer"],
    "goodbye": [True, False],
    "clean_commands": ["none", "others", "all"],
}


class Wire(BaseSession):
    """Telegram's side: notes every call, and refuses all but getMe."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:  # noqa: ASYNC109 - aiogram's
        if isinstance(method, GetMe):
            return ME
        self.calls.append(method.__api_method__)
        raise TelegramBadRequest(method=method, message="Bad Request: no such chat")

    async def close(self) -> None: ...

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        yield b""


words = st.sampled_from(
    ["hello", "/settings", "/rules", "/start", "/ban", "/ban@OtherBot", "/help@the_bot", " /privacy", "!settings", "/"]
)
entities = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["bot_command", "bold"]), "offset": st.integers(0, 1), "length": st.just(4)}
    ),
    max_size=2,
)
buttons = st.sampled_from(["", Press("k", -1001, 1, "rules_text").pack(), "x"])
asked = st.builds(
    lambda by, data, markup: {
        "message_id": 2,
        "date": 1,
        "chat": CHATS[0],
        "from": by,
        **({"reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}} if markup else {}),
    },
    st.sampled_from([ANN, ME.model_dump(exclude_none=True)]),
    buttons,
    st.booleans(),
)
special = {
    "text": words,
    "caption": words,
    "entities": entities,
    "caption_entities": entities,
    "reply_to_message": asked,
    "new_chat_members": st.just([ANN]),
    "left_chat_member": st.just(ANN),
    "migrate_to_chat_id": st.just(-1002),
    "migrate_from_chat_id": st.just(-3),
    "sender_chat": st.sampled_from(CHATS[:2]),
    "new_chat_title": st.just("Chess"),
    "delete_chat_photo": st.just(True),
    "pinned_message": st.just({"message_id": 1, "date": 0, "chat": CHATS[0]}),
    "forum_topic_closed": st.just({}),
    "video_chat_started": st.just({}),
    "dice": st.just({"emoji": "🎲", "value": 3}),
    "chat_shared": st.just({"request_id": 1, "chat_id": -1001}),
    "ephemeral_message_id": st.just(5),
}
# Every other field of a message, with a value that aiogram may refuse: then nothing happens either.
rest: dict[str, st.SearchStrategy[Any]] = {
    name: st.just({})
    for name in Message.model_fields
    if name not in special and name not in ("message_id", "date", "chat", "from_user")
}


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(special)), max_size=4, unique=True))
    names += draw(st.lists(st.sampled_from(sorted(rest)), max_size=1)) if draw(st.integers(0, 4)) == 0 else []
    base = {"message_id": 5, "date": int(time.time()) + 9, "chat": draw(st.sampled_from(CHATS)), "from": ANN}
    return {**base, **{name: draw((special | rest)[name]) for name in names}}


RIGHTS = {name: True for name in ChatMemberRestricted.model_fields if name.startswith("can_")} | {"until_date": 0}
statuses = st.sampled_from(
    [
        {"status": "left", "user": ANN},
        {"status": "member", "user": ANN},
        {"status": "restricted", "user": ANN, "is_member": True, **RIGHTS},
        {"status": "restricted", "user": ANN, "is_member": False, **RIGHTS},
        {"status": "kicked", "user": ANN, "until_date": 0},
    ]
)
changes = st.builds(
    lambda chat, old, new: {
        "chat": chat,
        "from": ANN,
        "date": int(time.time()) + 9,
        "old_chat_member": old,
        "new_chat_member": new,
    },
    st.sampled_from(CHATS),
    statuses,
    statuses,
)
updates = st.one_of(
    st.tuples(st.just("message"), messages()),
    st.tuples(st.just("message"), messages()),
    st.tuples(st.just("chat_member"), changes),
    st.tuples(st.just("edited_message"), messages()),
)
chosen = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in _VALUES.items()})


async def _everything(pool: Pool) -> Any:
    return await pool.connections.fetchrow(
        """
        SELECT
            (SELECT jsonb_agg(t ORDER BY t::text) FROM chat_configs AS t),
            (SELECT jsonb_agg(t ORDER BY t::text) FROM config_changes AS t),
            (SELECT jsonb_agg(t ORDER BY t::text) FROM chat_aliases AS t),
            (SELECT jsonb_agg(t ORDER BY t::text) FROM known_chats AS t)
        """
    )


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_dropping_never_changes_what_people_see_or_what_is_stored(environment: Environment) -> None:
    with asyncio.Runner() as runner:
        wire = Wire()
        bot = Bot(TOKEN, session=wire)
        dispatcher = build_dispatcher(environment, bot)
        runner.run(dispatcher.emit_startup(bot=bot, **dispatcher.workflow_data))
        runner.run(bot.me())
        configs: CachedConfigs = dispatcher["configs"]
        prefilter: Prefilter = dispatcher["prefilter"]
        dropped = wanted = 0

        async def check(kind: str, event: dict[str, Any], config: dict[str, Any], marked: bool) -> None:
            nonlocal dropped, wanted
            chat = event["chat"]["id"]
            await configs.change(chat, config, remove=set(_VALUES) - set(config), by=None, via="test")
            await configs.unmark_left(chat, NOW)
            if marked:
                await configs.mark_left(chat, NOW)
            while configs.cached(chat) is None:
                await configs.read(chat)
            update = {"update_id": next(_NUMBERS), kind: event}
            if prefilter.wants(update):
                wanted += 1
                return
            dropped += 1
            before = await _everything(configs._pool)
            wire.calls.clear()
            with suppress(ValidationError):  # what aiogram cannot read reaches nobody either
                await dispatcher.feed_update(bot, Update.model_validate(update, context={"bot": bot}))
            assert wire.calls == []
            assert await _everything(configs._pool) == before

        @settings(database=None, suppress_health_check=list(HealthCheck))
        @given(updates, chosen, st.integers(0, 9))
        def stories(update: tuple[str, dict[str, Any]], config: dict[str, Any], marked: int) -> None:
            runner.run(check(*update, config, marked == 0))

        try:
            stories()
            assert min(dropped, wanted) > settings().max_examples / 8
        finally:
            runner.run(dispatcher.emit_shutdown(bot=bot, **dispatcher.workflow_data))
