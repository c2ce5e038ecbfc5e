"""A card of everything that was chosen in a chat, at a glance: to keep, to pass on, or to post for everybody.

It is a rich message (https://core.telegram.org/bots/api#sendrichmessage): unlike a picture it follows the theme and
the letter size of whoever looks, can be copied from, and is read aloud. A server older than Bot API 10.2 gets the same
as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aiogram.types import (
    InputRichBlockBlockQuotation,
    InputRichBlockDetails,
    InputRichBlockFooter,
    InputRichBlockParagraph,
    InputRichBlockSectionHeading,
    InputRichBlockTable,
    InputRichBlockUnion,
    InputRichMessage,
    RichBlockTableCell,
    RichTextBold,
)

from bot.features.settings.view import View
from bot.features.settings.wording import value_in_words
from bot.kinds import Setting, markup
from bot.kinds.filling import cut
from bot.words import N_, Html, day_in_words, escape

# In the plain form: texts of this length together, and all values, stay below a message's 4,096 characters.
_MOST_OF_ALL_TEXTS = 2_400
# A rich message has at most 32,768 characters, the names of its blocks not counted.
_MOST_OF_RICH_TEXTS = 24_000
# Of a longer text a rich card shows so much, and the whole when that is tapped.
_MOST_SHOWN, _MOST_LINES = 160, 4


@dataclass(frozen=True, slots=True)
class Card:
    """What the card of a chat says: a heading, titles with their values, titles with their texts, and a footer.

    `whole` says how to read a text that is too long for a message.
    """

    heading: str
    values: tuple[tuple[str, str], ...]
    texts: tuple[tuple[str, str], ...]
    footer: str
    whole: Html
    right_to_left: bool

    def rich(self) -> InputRichMessage:
        """Return it as a rich message: one table, so that all values stand in one column, and the texts as quotes."""
        blocks: list[InputRichBlockUnion] = [InputRichBlockSectionHeading(text=self.heading, size=3)]
        if self.values:
            rows = [[self._cell(title), self._cell(RichTextBold(text=value))] for title, value in self.values]
            blocks.append(InputRichBlockTable(cells=rows, is_striped=True))
        most = _MOST_OF_RICH_TEXTS // max(1, len(self.texts))
        for title, text in self.texts:
            blocks += [InputRichBlockParagraph(text=RichTextBold(text=title)), _quoted(cut(text, most))]
        return InputRichMessage(
            blocks=[*blocks, InputRichBlockFooter(text=self.footer)],
            skip_entity_detection=True,
            is_rtl=self.right_to_left or None,
        )

    def html(self) -> Html:
        """Return it for a server that knows no rich messages, at most 4,096 characters."""
        values = [f"{escape(title)}: <b>{escape(value)}</b>" for title, value in self.values]
        most = _MOST_OF_ALL_TEXTS // max(3, len(self.texts))
        texts = [
            f"<b>{escape(title)}</b>\n<blockquote expandable>{escape(cut(text, most))}</blockquote>"
            for title, text in self.texts
        ]
        too_long = any(cut(text, most) != text for _, text in self.texts)
        last = [self.whole] if too_long else []
        parts = [f"<b>{escape(self.heading)}</b>", "\n".join(values), *texts, *last, f"<i>{escape(self.footer)}</i>"]
        return Html("\n\n".join(part for part in parts if part))

    def _cell(self, text: str | RichTextBold) -> RichBlockTableCell:
        return RichBlockTableCell(align="right" if self.right_to_left else "left", valign="top", text=text)


def _quoted(text: str) -> InputRichBlockUnion:
    """Return a text as a quote; a long one as its beginning, which shows the whole when it is tapped."""
    lines = [line for line in text.split("\n") if line]
    paragraphs: list[InputRichBlockUnion] = [InputRichBlockParagraph(text=line) for line in lines]
    if len(text) <= _MOST_SHOWN and len(lines) <= _MOST_LINES:
        return InputRichBlockBlockQuotation(blocks=paragraphs)
    beginning = cut(" ".join(lines), _MOST_SHOWN // 2)
    words, _, _ = beginning.rpartition(" ")
    return InputRichBlockDetails(summary=f"{words} …" if words else beginning, blocks=paragraphs)


def card(view: View, now: datetime) -> Card:
    """Return the card of a view: what somebody chose, in words, and the day of `now` in the chat's time zone."""
    words = view.words
    chosen = view.chosen_settings()
    values = [
        (_title(view, one), words.isolated(value_in_words(view, one, view.value(one))))
        for one in chosen
        if not one.kind.markup
    ]
    texts = [(_title(view, one), markup.visible(str(view.value(one)))) for one in chosen if one.kind.markup]
    heading = words.plain(N_("⚙️ {chat}"), chat=view.title) if view.title else words.plain(N_("⚙️ Your settings"))
    footer = N_("As of {day}; all other settings are at their defaults.")
    if not view.current:
        footer = N_("⏳ The database cannot be reached at the moment: this is what I last knew.")
    elif not chosen:
        footer = N_("As of {day}; all settings are at their defaults.")
    day = day_in_words(now.astimezone(ZoneInfo(view.stored.config.timezone)), words)
    whole = words(N_("<code>/settings KEY</code> shows a text in full."))
    return Card(heading, tuple(values), tuple(texts), words.plain(footer, day=day), whole, words.right_to_left)


def _title(view: View, setting: Setting) -> str:
    return f"{setting.section.emoji} {view.words.plain(setting.title)}"
