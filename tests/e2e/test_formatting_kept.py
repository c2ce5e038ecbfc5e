"""Formatting goes in by a message and comes out unchanged: shown, greeted with, exported and imported."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

import pytest

from sandbox import Group, Person, Sandbox, Seen
from tests.e2e.running import RunningBot
from tests.e2e.setting import choose

Entity = dict[str, Any]
OUTER = ("bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote")
INNER = ("bold", "italic", "underline", "strikethrough", "spoiler", "code", "text_link", "text_mention", "custom_emoji")
ALONE = ("pre", "code", "text_link", "text_mention", "custom_emoji", "date_time")
MORE: dict[str, Entity] = {
    "text_link": {"url": "https://example.org/?a=1&b=%22x%22"},
    "pre": {"language": "c++"},
    "custom_emoji": {"custom_emoji_id": "5368324170671202286"},
    "date_time": {"unix_time": 1_647_531_900, "date_time_format": "wDT"},
}
WORDS = ("<b>", "a & b", "👩‍👩‍👧", "x < y > z", "«ü»", "مرحبا", "🇩🇪", '"q"', "{{x}}", "e\u0301")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def entity(kind: str, begin: int, length: int, person: Person) -> Entity:
    more = {"user": person.user.to_api()} if kind == "text_mention" else MORE.get(kind, {})
    return {"type": kind, "offset": begin, "length": length, **more}


CHAINS: list[tuple[str, ...]] = [
    *((kind,) for kind in (*OUTER, *ALONE)),
    *((one, other) for one in OUTER for other in INNER if one != other),
]


def formatted(
    seed: int, person: Person, chains: Sequence[tuple[str, ...]] = CHAINS, words: Sequence[str] = WORDS
) -> tuple[str, list[Entity]]:
    """A text with every kind of entity, alone and one in another, in an order of its own for each seed."""
    dice = random.Random(seed)  # noqa: S311 - the same texts each time
    text, entities = f"Text {seed}.", []
    for chain in dice.sample(chains, len(chains)):
        before, inner, after = dice.choice(words), dice.choice(words), dice.choice(words)
        begin, whole = units(text) + 1, f"{before} {inner} {after}"
        entities.append(entity(chain[0], begin, units(whole), person))
        if len(chain) > 1:
            entities.append(entity(chain[1], begin + units(before) + 1, units(inner), person))
        text += f"\n{whole}\n-"
    return text, entities


def comparable(entities: list[Entity], shift: int = 0) -> list[tuple[Any, ...]]:
    return sorted(
        (one["offset"] - shift, one["length"], one["type"], *(str(one.get(name)) for name in sorted(MORE_FIELDS)))
        for one in entities
        if one["type"] not in {"bot_command", "url"}
    )


MORE_FIELDS = ("url", "language", "custom_emoji_id", "unix_time", "date_time_format")


@pytest.mark.parametrize("seed", range(4))
async def test_every_entity_is_kept_from_a_message_to_what_people_see_and_to_another_chat(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, seed: int
) -> None:
    text, entities = formatted(seed, anna)
    command = "/settings rules_text "
    shifted = [{**one, "offset": one["offset"] + len(command)} for one in entities]
    anna.say(f"{command}{text}", club, entities=shifted)
    shown = await anna.sees(club, re.compile(f"^Text {seed}"))
    assert shown.text == text
    assert comparable(shown.entities) == comparable(entities)
    anna.say("/settings export", club)
    exported = await anna.sees(club, "The settings of")
    assert exported.document is not None
    content = telegram.world.files.get(exported.document["file_id"]).content
    other = telegram.supergroup("Other club", owner=anna, bot="administrator")
    anna.send_file(other, "settings.json", content, caption="/settings import")
    await anna.press(await anna.sees(other, "1 change"), "Apply")
    ben = telegram.person("Newcomer")
    ben.join(other)
    ben.say("/rules", other)
    rules = await ben.sees(other, re.compile(f"^Text {seed}"))
    assert rules.text == text
    assert comparable(rules.entities) == comparable(entities)


# Captions hold 1,024 characters; in a welcome text, braces would be placeholders.
CAPTIONS = [CHAINS[begin::3] for begin in range(3)]
CAPTION_WORDS = [word for word in WORDS if "{" not in word]


@pytest.mark.parametrize("number", range(len(CAPTIONS)))
async def test_every_entity_in_the_caption_of_a_photo_is_kept_in_the_greeting_and_in_another_chat(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, number: int
) -> None:
    text, entities = formatted(number, anna, CAPTIONS[number], CAPTION_WORDS)
    begins = re.compile(f"^Text {number}")
    await choose(bot, club, welcome="everyone")
    command = "/settings welcome_text "
    shifted = [{**one, "offset": one["offset"] + len(command)} for one in entities]
    anna.send_photo(club, caption=f"{command}{text}", entities=shifted)
    anna.say("/settings export", club)
    exported = await anna.sees(club, "The settings of")
    assert exported.document is not None
    content = telegram.world.files.get(exported.document["file_id"]).content
    other = telegram.supergroup("Other club", owner=anna, bot="administrator")
    anna.send_file(other, "settings.json", content, caption="/settings import")
    await anna.press(await anna.sees(other, "3 changes"), "Apply")
    dana = telegram.person("Dana")
    for group in (club, other):
        dana.join(group)
        assert same(await dana.sees(group, begins), text, entities)
    await telegram.settled()
    (preview,) = [seen for seen in anna.screen(club) if seen.ephemeral and begins.match(seen.text)]
    assert same(preview, text, entities)


def same(seen: Seen, text: str, entities: list[Entity]) -> bool:
    """Say whether a photo has this caption, with these entities."""
    assert seen.media == "photo"
    assert seen.text == text
    assert comparable(seen.entities) == comparable(entities)
    return True


NAMES = (
    *("<b>Eve</b>", "{mention}", "e" + "\u0301" * 100, "\u202eevE\u2066"),
    *("\u200b", "&lt;i&gt;", "@admin", "{{name}}"),
)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
async def test_no_name_breaks_or_forges_a_greeting(
    bot: RunningBot, telegram: Sandbox, anna: Person, club: Group, name: str
) -> None:
    await choose(bot, club, welcome="everyone", welcome_text="<b>Hi</b> {mention} of {chat}, <i>be kind</i>.")
    telegram.person(name).join(club)
    greeting = await anna.sees(club, "be kind")
    kinds = sorted(one["type"] for one in greeting.entities)
    assert kinds in (["bold", "italic", "text_mention"], ["bold", "italic", "mention", "text_mention"])
    assert greeting.text.endswith(" of Book club, be kind.")
    assert not re.search("[\u202a-\u202e\u2066\u2067]|\u0301{4}", greeting.text)
    assert len(greeting.text) < 80
