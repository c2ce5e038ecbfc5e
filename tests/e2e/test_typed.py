"""Everything of the table of what people type, and random edits of it, typed at the running bot.

Nothing is stored that was not meant, and no change is made that the answer does not name exactly.
"""

from __future__ import annotations

import os
import random
import secrets

import hypothesis
import pytest

from bot.features.settings.menu.editors import saved
from bot.kinds import Value, markup
from bot.settings import settings
from bot.storage.configs.repository import ChatConfigs
from bot.words import SOURCE_LANGUAGE
from bot.words.directions import without_marks
from sandbox import Group, Person, Sandbox
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose
from tests.unit.test_typed_fuzz import CATALOGUES, edited, names_exactly, require_typed, view_of
from tests.unit.test_typed_table import LINES, NO_SETTING, REFUSED, SETS_IN_ANY_LANGUAGE, SETS_IN_GERMAN, SHOWS

# The table is read in every language by itself; the running bot is asked in three, one of them from right to left.
LANGUAGES = pytest.mark.parametrize("language", ["en", "de", "fa"])
PARTS = 8


@pytest.fixture
def pace() -> float:
    """Commands come faster than any person's share of them; it is not the matter here."""
    return 100_000.0


class Typist:
    """Somebody who types one command after another, each in a group without settings."""

    def __init__(self, telegram: Sandbox, bot: RunningBot, language: str) -> None:
        self.person: Person = telegram.person("Anna", language_code=language)
        self._telegram = telegram
        self._bot = bot
        self._language = language

    async def group(self) -> Group:
        """Return a new group; its language is that of the person."""
        group = self._telegram.supergroup("Book club", owner=self.person, bot="administrator")
        if self._language != SOURCE_LANGUAGE:
            await choose(self._bot, group, language=self._language)
        return group

    async def answer(self, group: Group, text: str) -> str:
        """Type a command, and return what they alone see then; of a text a preview may follow."""
        self.person.catch_up(group)
        typed = self.person.say(f"/settings {text}", group).message.order
        await self.person.sees(group, where=lambda seen: seen.ephemeral)
        return next(seen.text for seen in self.person.screen(group) if seen.ephemeral and seen.message.order > typed)

    async def chosen(self, group: Group) -> dict[str, Value]:
        """Return what is set in a group, but for its language where that was not changed."""
        values = dict((await self._bot.configs.read(group.id)).chosen)
        if self._language != SOURCE_LANGUAGE and values.get("language") == self._language:
            del values["language"]
        return values

    async def forget(self, group: Group, key: str) -> None:
        """Take back what was set."""
        patch = {} if self._language == SOURCE_LANGUAGE else {"language": self._language}
        remove = [key] if key not in patch else []
        await self._bot.configs.change(group.id, patch, remove=remove, by=None, via="test")


@pytest.fixture
def typist(telegram: Sandbox, bot: RunningBot, language: str) -> Typist:
    return Typist(telegram, bot, language)


@LANGUAGES
async def test_what_sets_something_sets_that_and_the_answer_names_it(typist: Typist, language: str) -> None:
    for text, key, value in [*SETS_IN_ANY_LANGUAGE, *(SETS_IN_GERMAN if language == "de" else [])]:
        group = await typist.group()
        answer = await typist.answer(group, text)
        if (key, value) == ("editors", "owner"):
            assert await typist.chosen(group) == {}, text
            assert "⚠️" in answer, text
            continue
        unchanged = language != SOURCE_LANGUAGE and (key, value) == ("language", language)
        expected = {} if unchanged else {key: value}
        assert await typist.chosen(group) == expected, text
        sentences = [saved(view_of(one, {key: value}), settings()[key]) for one in CATALOGUES.languages]
        read = without_marks(answer)
        assert any(without_marks(markup.visible(sentence)) in read for sentence in sentences), text


@LANGUAGES
async def test_what_is_refused_or_names_nothing_sets_nothing_and_is_answered(typist: Typist, language: str) -> None:
    for text in [*REFUSED, *(text for text, _ in NO_SETTING)]:
        group = await typist.group()
        answer = await typist.answer(group, text)
        assert await typist.chosen(group) == {}, text
        assert "✅" not in answer, text


@LANGUAGES
async def test_lines_are_set_together_or_shown_first(typist: Typist, language: str) -> None:
    for text, values, skipped in LINES:
        group = await typist.group()
        answer = await typist.answer(group, text)
        assert await typist.chosen(group) == ({} if skipped else values), text
        assert ("✅" in answer) is not bool(skipped), text
        titles = [CATALOGUES.words(language).plain(settings()[key].title) for key in values]
        assert all(title in answer for title in titles), text


@pytest.mark.parametrize("language", ["en"])
async def test_what_only_asks_is_answered_and_sets_nothing(typist: Typist, language: str) -> None:
    for text, part in SHOWS:
        group = await typist.group()
        assert part in await typist.answer(group, text), text
        assert await typist.chosen(group) == {}, text


@pytest.mark.proof
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("part", range(PARTS))
async def test_no_random_edit_changes_what_the_answer_does_not_name(
    telegram: Sandbox, bot: RunningBot, configs: ChatConfigs, part: int
) -> None:
    """200 edits in an ordinary run, 20,000 in `make proofs`, or as many as `EDITS` says."""
    edits = int(os.environ.get("EDITS") or (20_000 if hypothesis.settings().max_examples >= 2_000 else 200))
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)  # noqa: S311 - to make the same mistakes again
    language = CATALOGUES.languages[part % len(CATALOGUES.languages)]
    typist, words = Typist(telegram, bot, language), CATALOGUES.words(language)
    group = await typist.group()
    after = await configs.read(group.id)
    for _ in range(edits // PARTS):
        text, meant = edited(chance)
        answer = await typist.answer(group, text)
        before, after = after, await configs.read(group.id)
        if after.revision == before.revision:
            continue
        assert after.revision == before.revision + 1, text
        (change,) = await configs.history(group.id, limit=1)
        (key,) = change.keys
        value = after.chosen[key]
        require_typed(text, meant, key, value, words)
        # A change of the language is answered in the new one.
        assert any(names_exactly(answer, key, value, CATALOGUES.words(one)) for one in CATALOGUES.languages), text
        await typist.forget(group, key)
        after = await configs.read(group.id)
