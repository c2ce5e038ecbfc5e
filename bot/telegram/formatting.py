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


def typed_html(message: Message, begin: int = 0, end: int | None = None) -> str:
    """Return a message's text or caption from the character `begin` up to `end`, its formatting as HTML.

    Raises `Refused` for characters that no text should have, such as half a surrogate pair.
    """
    text = message.text or message.caption or ""
    if fit(text) != text:
        raise Refused(UNFIT)
    entities = message.entities or message.caption_entities or []
    # Entities count in UTF-16 units from the beginning of the whole message.
    start, stop = utf16_length(text[:begin]), utf16_length(text[:end])
    return _DECORATION.unparse(text[begin:end], _within(start, stop, entities))


def _within(start: int, stop: int, entities: Sequence[MessageEntity]) -> list[MessageEntity]:
    """Return the entities of the text between two places, moved and cut to it."""
    cut = []
    for entity in entities:
        begin, end = max(start, entity.offset), min(stop, entity.offset + entity.length)
        if begin < end:
            cut.append(entity.model_copy(update={"offset": begin - start, "length": end - begin}))
    return cut
