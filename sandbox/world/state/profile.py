"""What the bot says about itself: names and descriptions by language, default rights, menu buttons."""

from __future__ import annotations

from typing import Any

from sandbox.world.errors import bad_request

from .commands import check_language

LIMITS = {"name": 64, "description": 512, "short_description": 120}


class Profile:
    """Texts set by `setMyName` and similar methods; an empty text removes the one of the language."""

    def __init__(self, name: str) -> None:
        self.texts: dict[tuple[str, str], str] = {("name", ""): name}
        self.rights: dict[bool, dict[str, Any]] = {}
        self.menu_buttons: dict[int, dict[str, Any]] = {}

    def set(self, what: str, language: str, text: str) -> None:
        """Store one of the texts, within its limit of characters."""
        check_language(language)
        if len(text) > LIMITS[what]:
            raise bad_request(f"{what.replace('_', ' ')} is too long")
        if text:
            self.texts[what, language] = text
        elif language or what != "name":
            self.texts.pop((what, language), None)

    def get(self, what: str, language: str) -> str:
        """The text for the language, else for all languages, else nothing."""
        check_language(language)
        return self.texts.get((what, language)) or self.texts.get((what, ""), "")
