"""What a greeting says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aiogram.types import User

from bot.features.greetings.handlers import goes_by_own_will
from bot.features.greetings.occasions import Greeting
from bot.kinds.filling import fill
from bot.kinds.placeholders import enumerated, fillings
from bot.settings import PLACEHOLDERS, ChatConfig
from bot.telegram.greeting import Facts, compose, one_of_texts, rules_rows, text_of
from bot.words import Html, Words

NOON = datetime(2026, 5, 1, 12, 5, tzinfo=UTC)


def config(**chosen: object) -> ChatConfig:
    return ChatConfig.model_validate(chosen)


def test_the_default_text_has_all_its_places(words: Words) -> None:
    assert text_of(config(), "welcome_text", words) == "Welcome to {chat}, {mention}!"
    assert text_of(config(), "goodbye_text", words) == "Goodbye, {name}."


def test_a_chosen_text_is_taken_as_it_is(words: Words) -> None:
    assert text_of(config(welcome_text="<b>Hi</b> { {name}"), "welcome_text", words) == "<b>Hi</b> { {name}"


def test_each_text_takes_its_turn_and_the_same_update_gets_the_same_one() -> None:
    chosen = config(welcome_variant_3="Hey {name}", welcome_variant_5="Hi {name}")
    keys = [one_of_texts(chosen, "welcome_text", update_id) for update_id in range(300)]
    assert keys == [one_of_texts(chosen, "welcome_text", update_id) for update_id in range(300)]
    assert {key: 60 < keys.count(key) < 140 for key in keys} == dict.fromkeys(
        ("welcome_text", "welcome_variant_3", "welcome_variant_5"), True
    )
    assert one_of_texts(config(), "welcome_text", 7) == "welcome_text"


def test_every_declared_placeholder_is_filled_in(words: Words) -> None:
    filled = fillings([(7, "Ann")], "Book club", 12, NOON, words)
    assert set(filled) == set(PLACEHOLDERS)


def test_placeholders_say_who_where_and_when(words: Words) -> None:
    text = "{name} {mention} {chat} {members} {date} {time}"
    said = fill(text, fillings([(7, "Ann & Co")], "A<B", 12, NOON, words))
    assert said == 'Ann &amp; Co <a href="tg://user?id=7">Ann &amp; Co</a> A&lt;B 12 1 May 2026 12:05'


def test_several_people_are_enumerated(words: Words) -> None:
    people = [Html(name) for name in ("Ann", "Ben", "Cem", "Dan", "Eve", "Fay", "Gus")]
    assert enumerated(people[:1], words) == "Ann"
    assert enumerated(people[:2], words) == "Ann and Ben"
    assert enumerated(people[:3], words) == "Ann, Ben and Cem"
    assert enumerated(people, words) == "Ann, Ben, Cem, Dan, Eve and others"


def test_several_mentions_are_links_each(words: Words) -> None:
    said = fill("{mention}", fillings([(7, "Ann"), (8, "Ben & Co")], "", None, NOON, words))
    assert said == '<a href="tg://user?id=7">Ann</a> and <a href="tg://user?id=8">Ben &amp; Co</a>'


def test_a_deleted_account_has_no_name(words: Words) -> None:
    assert fill("{name}", fillings([(7, "")], "", None, NOON, words)) == "somebody without a name"


def test_an_unknown_number_of_members_is_no_failure(words: Words) -> None:
    assert fill("{members}", fillings([(7, "Ann")], "", None, NOON, words)) == "?"


@pytest.mark.parametrize(
    ("button", "rules", "shown"), [(True, "Be kind.", True), (True, "", False), (False, "Be kind.", False)]
)
def test_the_rules_button_needs_rules(button: bool, rules: str, shown: bool, words: Words) -> None:
    chosen = ChatConfig().model_copy(update={"rules_button": button, "rules_text": rules})
    assert bool(rules_rows(chosen, words, -100)) is shown


@pytest.mark.parametrize(
    ("by", "status", "own_will"),
    [(7, "left", True), (7, "restricted", True), (7, "kicked", False), (8, "left", False), (8, "kicked", False)],
)
def test_who_is_removed_does_not_go_by_their_own_will(by: int, status: str, own_will: bool) -> None:
    assert goes_by_own_will(7, by, status) is own_will


def test_a_greeting_knows_whom_it_shows_and_which_message_greets_the_others() -> None:
    ann, ben, cem, dan = (User(id=number, is_bot=False, first_name="Somebody") for number in range(1, 5))
    greeting = Greeting(NOON, 1, "welcome_text", (ann, ben, cem), message_id=5, shown=1)
    greeting.note_added(2, 1, {"message_id": 5})
    assert (greeting.message_id, greeting.shown, *greeting.people) == (5, 2, ann, ben, cem)
    greeting.people = (*greeting.people, dan)
    greeting.note_added(3, 1, {"message_id": 9})
    assert (greeting.message_id, greeting.shown, *greeting.people) == (9, 1, cem, dan)
    greeting.note_added(2, 1, True)
    assert (greeting.message_id, greeting.shown) == (9, 2)


def test_a_goodbye_has_variants_too_and_none_of_them_the_rules_button(words: Words) -> None:
    chosen = config(goodbye_variant_2="Bye {name}", rules_text="Be kind.", rules_button=True)
    texts = {one_of_texts(chosen, "goodbye_text", seed) for seed in range(50)}
    assert texts == {"goodbye_text", "goodbye_variant_2"}
    facts = Facts([(7, "Ann")], "Book club", 3, NOON)
    for key in (*texts, "welcome_text"):
        shown = compose(chosen, key, words, facts, chat_id=-100, bot_id=42)
        assert bool(shown.screen.rows) is (key == "welcome_text")
