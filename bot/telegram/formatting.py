"""A person's formatting as the HTML that settings store."""

from __future__ import annotations

from collections.abc import Sequence

from aiogram.types import Message, MessageEntity
from aiogram.utils.text_decorations import HtmlDecoration

from bot.errors import Refused
from bot.kinds.markup import UNFIT, utf16_length
from bot.words import N_, escape, fit

ONLY_TEXT = N_("I can keep only text, no pictures or files. Nothing was changed: send the text alone.")


class _Decoration(HtmlDecoration):
    """As aiogram's, but addresses are escaped, and the language of code stands where Telegram reads it."""

    def link(self, value: str, link: str) -> str:
        return super().link(value, escape(link))

    def pre_language(self, value: str, language: str) -> str:
        inner = self._tag(self.CODE_TAG, value, attrs={"class": f"language-{escape(language)}"})
        return self._tag(self.PRE_TAG, inner)


_DECORATION = _Decoration()


def typed_html(message: Message, begin: int = 0) -> str:
    """Return a message's text or caption from the character `begin` on, its formatting as HTML.

    Raises `Refused` for characters that no text should have, such as half a surrogate pair.
    """
    text = message.text or message.caption or ""
    if fit(text) != text:
        raise Refused(UNFIT)
    entities = message.entities or message.caption_entities or []
    # Entities count in UTF-16 units from the beginning of the whole message.
    start = utf16_length(text[:begin])
    return _DECORATION.unparse(text[begin:], _from(start, entities))


def _from(start: int, entities: Sequence[MessageEntity]) -> list[MessageEntity]:
    """Return the entities of the text from `start` on, moved and cut to it."""
    return [
        entity.model_copy(update={"offset": max(0, entity.offset - start), "length": min(entity.length, end - start)})
        for entity in entities
        if (end := entity.offset + entity.length) > start
    ]
