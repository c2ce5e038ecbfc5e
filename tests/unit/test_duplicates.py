"""Which of several updates tell of the same join."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.features.greetings.duplicates import Duplicates

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOON = NOON + timedelta(seconds=2)


def test_the_second_way_tells_of_the_same_join() -> None:
    doubles: Duplicates[str] = Duplicates()
    assert doubles.is_news("ann", "chat_member", 1, NOON)
    assert not doubles.is_news("ann", "message", 2, SOON)


def test_the_order_of_the_two_ways_does_not_matter() -> None:
    doubles: Duplicates[str] = Duplicates()
    assert doubles.is_news("ann", "message", 1, SOON)
    assert not doubles.is_news("ann", "chat_member", 2, NOON)


def test_an_update_that_is_delivered_again_is_no_news() -> None:
    doubles: Duplicates[str] = Duplicates()
    assert doubles.is_news("ann", "message", 1, NOON)
    assert not doubles.is_news("ann", "chat_member", 2, NOON)
    assert not doubles.is_news("ann", "message", 1, NOON)
    assert not doubles.is_news("ann", "chat_member", 2, NOON)


def test_who_returns_at_once_joins_a_second_time() -> None:
    doubles: Duplicates[str] = Duplicates()
    heard = [
        doubles.is_news("ann", way, number, NOON)
        for number, way in enumerate(["chat_member", "message", "chat_member", "message"])
    ]
    assert heard == [True, False, True, False]


def test_the_other_way_much_later_is_another_join() -> None:
    doubles: Duplicates[str] = Duplicates()
    assert doubles.is_news("ann", "chat_member", 1, NOON)
    assert doubles.is_news("ann", "message", 2, NOON + timedelta(minutes=1))


def test_different_people_have_nothing_to_do_with_one_another() -> None:
    doubles: Duplicates[str] = Duplicates()
    assert doubles.is_news("ann", "message", 1, NOON)
    assert doubles.is_news("ben", "chat_member", 2, NOON)


def test_memory_is_bounded() -> None:
    doubles: Duplicates[int] = Duplicates(most=10)
    assert all(doubles.is_news(number, "message", number, NOON) for number in range(100))
    assert doubles.is_news(0, "message", 0, NOON)
    assert not doubles.is_news(99, "message", 99, NOON)
