"""Whatever somebody formats, however nested, is what a greeting shows: from entities to HTML and back to entities."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from aiogram.types import Chat, Message, MessageEntity, User
from hypothesis import given
from hypothesis import strategies as st

from bot.client.methods import parameter
from bot.features.settings.transfer import portable
from bot.kinds import markup
from bot.kinds.media import File
from bot.settings import ChatConfig, settings, visible_settings
from bot.telegram.formatting import typed_html
from bot.telegram.greeting import Facts, compose
from bot.words import Catalogues
from sandbox.world.formatting.html import parse_html

BOT_ID, CHAT_ID, NOW = 42, -1001234567890, datetime(2026, 11, 22, tzinfo=UTC)
ENGLISH = Catalogues().words("en")
PHOTO = File("photo", BOT_ID, "AgACAgIAAxkBAAI00000001").stored()
EVE = User(id=777, is_bot=False, first_name="Eve")

PLAIN = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES = ("blockquote", "expandable_blockquote")
LINKS = ("text_link", "text_mention")
SOLID = ("code", "pre", "custom_emoji", "date_time")
"""In these nothing else is formatted."""
MORE: dict[str, list[dict[str, Any]]] = {
    "text_link": [{"url": "https://example.org/?a=1&b=%22x%22"}, {"url": "https://example.org/%3Cy%3E?q='x'&z"}],
    "text_mention": [{"user": EVE}],
    "pre": [{}, {"language": "c++"}, {"language": 'a"<b>&'}],
    "custom_emoji": [{"custom_emoji_id": "5368324170671202286"}],
    "date_time": [{"unix_time": 1_647_531_900}, {"unix_time": 1, "date_time_format": "wDT"}],
}
FIELDS = ("url", "language", "custom_emoji_id", "unix_time", "date_time_format")

marks = st.sampled_from([(kind, more) for kind in (*PLAIN, *QUOTES, *LINKS, *SOLID) for more in MORE.get(kind, [{}])])
LETTERS = (*"abc <>&\"'/\n\u200d𝕏üé", "👍", "👩‍👩‍👧", "🇩🇪", "مرحبا", "e\u0301", "&lt;", "<b>", "- ", "10.")
pieces = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=6).map("".join)
trees = st.recursive(pieces, lambda inner: st.tuples(marks, st.lists(inner, min_size=1, max_size=4)), max_leaves=16)


def written(trees: list[Any], text: str = "x", inside: tuple[str, ...] = ()) -> tuple[str, list[MessageEntity]]:
    """Return the text of some trees, after what is there, with the entities that Telegram would make of them."""
    entities: list[MessageEntity] = []
    for tree in trees:
        if isinstance(tree, str):
            text += tree
            continue
        (kind, more), inner = tree
        begin = markup.utf16_length(text)
        text, nested = written(inner, text, (*inside, kind) if allowed(kind, inside) else inside)
        if allowed(kind, inside):
            length = markup.utf16_length(text) - begin
            entities.append(MessageEntity(type=kind, offset=begin, length=length, **more))
        entities += nested
    return text, entities


def allowed(kind: str, inside: tuple[str, ...]) -> bool:
    alike = next((group for group in (QUOTES, LINKS) if kind in group), (kind,))
    return not {*SOLID, *alike} & set(inside)


def comparable(kind: str, offset: int, length: int, person: int | None, *more: object) -> tuple[Any, ...]:
    return offset, -length, kind, person or 0, *(str(one or "") for one in more)


def given_entities(entities: list[MessageEntity]) -> list[tuple[Any, ...]]:
    return sorted(
        comparable(
            str(one.type.value if hasattr(one.type, "value") else one.type),
            one.offset,
            one.length,
            one.user.id if one.user else None,
            *(getattr(one, name) for name in FIELDS),
        )
        for one in entities
    )


def shown_entities(entities: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(
        comparable(one["type"], one["offset"], one["length"], one.get("_user_id"), *(one.get(name) for name in FIELDS))
        for one in entities
    )


@pytest.mark.proof
@pytest.mark.parametrize(
    ("key", "media"), [("welcome_text", ""), ("welcome_text", PHOTO), ("goodbye_text", PHOTO), ("rules_text", "")]
)
@given(parts=st.lists(trees, max_size=4))
def test_every_nesting_is_kept_from_a_message_to_its_greeting_and_through_a_file(
    key: str, media: str, parts: list[Any]
) -> None:
    text, entities = written(parts)
    text += "x"
    said: dict[str, Any] = (
        {"caption": text, "caption_entities": entities} if media else {"text": text, "entities": entities}
    )
    message = Message(message_id=1, date=NOW, chat=Chat(id=CHAT_ID, type="supergroup"), **said)
    stored = settings()[key].kind.parse(typed_html(message), ENGLISH)
    known = visible_settings(private=False)
    imported = portable.read(portable.export({key: stored}, known), known, BOT_ID, CHAT_ID)
    assert imported.values == {key: stored}
    config = ChatConfig.model_validate({**imported.values, "welcome_media": media, "goodbye_media": media})
    facts = Facts([(1, "Anna")], "Club", 3, NOW)
    call = compose(config, key, ENGLISH, facts, chat_id=CHAT_ID, bot_id=BOT_ID).calls(CHAT_ID)[0]
    assert call.__api_method__ == ("sendPhoto" if media else "sendMessage")
    shown, marked = parse_html(parameter(call, "caption" if media else "text"))
    assert shown == text
    assert shown_entities(marked) == given_entities(entities)
