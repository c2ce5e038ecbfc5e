"""The text of docs/settings.md, made from what bot/settings/ declares."""

from __future__ import annotations

from pathlib import Path

from bot.kinds import Section, Setting
from bot.settings import settings
from bot.words import Catalogues, Words

PATH = Path(__file__).parents[1] / "docs" / "settings.md"

HEAD = """\
# Settings

Every setting of a chat, as declared in [`bot/settings/`](../bot/settings/). This page is written by `make docs`.
`/settings KEY VALUE` sets one, `/settings reset KEY` brings its default back. Who may change settings is the setting
`editors`. *Needs* is the administrator right that the bot must have for the setting to have an effect.
"""

COLUMNS = ("setting", "values", "default", "where", "needs", "example")


def settings_page() -> str:
    """Return the page in Markdown: a table for each section of the menu."""
    words = Catalogues().words("en")
    sections = [_table(section, words) for section in Section]
    return "\n".join([HEAD, *sections])


def _table(section: Section, words: Words) -> str:
    rows = [_row(one, words) for one in settings().values() if one.section is section and one.shown]
    lines = [COLUMNS, ("---",) * len(COLUMNS), *rows]
    return "\n".join([f"## {section.title}", "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def _row(setting: Setting, words: Words) -> tuple[str, ...]:
    default = setting.show(setting.default, words)
    about = setting.help
    if setting.help_in_private:
        about = f"{about}<br>In a private chat: {setting.help_in_private}"
    return (
        f"`{setting.key}`<br>**{setting.title}**<br>{about}",
        setting.kind.accepts(words).replace("\N{NO-BREAK SPACE}", " "),
        default or "nothing",
        "groups and private chats" if setting.private else "groups",
        f"`{setting.needs}`" if setting.needs else "",
        f"`/settings {setting.key} {setting.kind.example}`",
    )
