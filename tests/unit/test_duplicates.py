"""Which updates tell of what this process has noted already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.features.greetings.duplicates import Duplicates

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOON = NOON + timedelta(seconds=2)


def noted(way: str, at: datetime = NOON) -> Duplicates[str]:
    """What a process remembers that noted a join of Ann's."""
    duplicates: Duplicates[str] = Duplicates()
    duplicates.note("ann", way, at)
    return duplicates


def test_the_second_way_tells_of_the_same_join() -> None:
    assert noted("chat_member").told("ann", "message", 2, SOON)


def test_the_order_of_the_two_ways_does_not_matter() -> None:
    assert noted("message", SOON).told("ann", "chat_member", 2, NOON)


def test_an_update_that_is_delivered_again_tells_of_the_same_join() -> None:
    duplicates = noted("message")
    assert [duplicates.told("ann", "chat_member", 2, NOON) for _ in range(3)] == [True] * 3


def test_of_what_it_noted_the_database_is_asked_once_more() -> None:
    assert not noted("message").told("ann", "message", 1, NOON)


def test_who_returns_at_once_joins_a_second_time() -> None:
    duplicates = noted("chat_member")
    assert duplicates.told("ann", "message", 2, NOON)
    assert not duplicates.told("ann", "chat_member", 3, NOON)
    assert not duplicates.told("ann", "message", 4, NOON)


def test_the_other_way_much_later_is_another_join() -> None:
    assert not noted("chat_member").told("ann", "message", 2, NOON + timedelta(minutes=1))


def test_different_people_have_nothing_to_do_with_one_another() -> None:
    assert not noted("message").told("ben", "chat_member", 2, NOON)


def test_memory_is_bounded() -> None:
    duplicates: Duplicates[int] = Duplicates(most=10)
    for number in range(100):
        duplicates.note(number, "message", NOON)
    assert not duplicates.told(0, "chat_member", 0, NOON)
    assert duplicates.told(99, "chat_member", 99, NOON)
