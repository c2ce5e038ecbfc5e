"""The bookkeeping of unconfirmed updates, for any order of arrivals, completions and repeats."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.updates.polling.offsets import UnconfirmedUpdates
from bot.updates.raw_updates import order_key, update_type

CHAT = {"id": -5, "type": "group"}
PERSON = {"id": 7, "is_bot": False, "first_name": "Ann"}


@given(st.sets(st.integers(1, 60), min_size=1, max_size=40), st.integers())
def test_every_update_is_returned_once_and_none_is_confirmed_unfinished(ids: set[int], seed: int) -> None:
    unconfirmed, pending, chance = UnconfirmedUpdates(limit=5), sorted(ids), random.Random(seed)  # noqa: S311
    taken: list[int] = []
    open_ids: set[int] = set()

    def finish_some() -> None:
        for update_id in [each for each in open_ids if chance.random() < 0.4]:
            unconfirmed.finish(update_id)
            open_ids.remove(update_id)

    for _ in range(500):
        asked = unconfirmed.offset
        assert all(asked <= update_id for update_id in open_ids)
        pending = [update_id for update_id in pending if update_id >= asked]
        answer = [{"update_id": update_id} for update_id in pending[:5]]
        finish_some()
        new = [update["update_id"] for update in unconfirmed.take(answer, asked)]
        taken += new
        open_ids |= set(new)
        finish_some()
        assert unconfirmed.unfinished == len(open_ids) <= 5
    assert taken == sorted(ids)
    assert not pending


def test_a_window_full_of_known_updates_is_exhausted_until_the_oldest_is_done() -> None:
    unconfirmed = UnconfirmedUpdates(limit=3)
    unconfirmed.take([{"update_id": 1}, {"update_id": 2}, {"update_id": 3}], asked=0)
    unconfirmed.finish(2)
    unconfirmed.finish(3)
    assert (unconfirmed.exhausted, unconfirmed.offset, unconfirmed.confirmable(1)) == (True, 1, 0)
    unconfirmed.finish(1)
    assert (unconfirmed.exhausted, unconfirmed.offset, unconfirmed.confirmable(1)) == (False, 4, 3)


def test_an_answer_to_an_old_request_brings_no_update_twice() -> None:
    unconfirmed = UnconfirmedUpdates()
    unconfirmed.take([{"update_id": 5}], asked=0)
    asked = unconfirmed.offset
    unconfirmed.finish(5)
    assert unconfirmed.take([{"update_id": 5}, {"update_id": 6}], asked) == [{"update_id": 6}]


def test_what_was_dropped_comes_again_and_what_was_finished_does_not() -> None:
    unconfirmed = UnconfirmedUpdates()
    answer = [{"update_id": 1}, {"update_id": 2}, {"update_id": 3}]
    unconfirmed.take(answer, asked=0)
    unconfirmed.finish(1)
    unconfirmed.finish(3)
    unconfirmed.drop()
    assert unconfirmed.offset == 2
    assert unconfirmed.take(answer[1:], asked=2) == [{"update_id": 2}]
    unconfirmed.finish(2)
    assert unconfirmed.offset == 4


def test_what_has_no_id_is_no_update() -> None:
    assert UnconfirmedUpdates().take([{"message": {}}], asked=0) == []


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ({"message": {"chat": CHAT, "from": PERSON}}, -5),
        ({"channel_post": {"chat": CHAT}}, -5),
        ({"callback_query": {"from": PERSON, "message": {"chat": CHAT}}}, -5),
        ({"callback_query": {"from": PERSON, "inline_message_id": "x"}}, 7),
        ({"my_chat_member": {"chat": CHAT, "from": PERSON}}, -5),
        ({"message_reaction": {"chat": CHAT, "user": PERSON}}, -5),
        ({"inline_query": {"from": PERSON}}, 7),
        ({"poll_answer": {"voter_chat": CHAT}}, -5),
        ({"poll_answer": {"user": PERSON}}, 7),
        ({"business_connection": {"user": PERSON}}, 7),
        ({"chat_boost": {"chat": CHAT}}, -5),
        ({"poll": {"id": "9"}}, ("update", 1)),
        ({"message": "nonsense"}, ("update", 1)),
        ({}, ("update", 1)),
    ],
)
def test_updates_are_ordered_by_chat_or_else_by_person(event: dict[str, Any], key: object) -> None:
    assert order_key({"update_id": 1, **event}) == key


def test_an_unknown_type_has_its_name() -> None:
    assert update_type({"update_id": 1, "telepathy": {}}) == "telepathy"
    assert update_type({"update_id": 1}) == "unknown"
