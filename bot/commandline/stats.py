"""`stats`: figures about all chats, without any name or text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.environment import DatabaseEnvironment
from bot.settings import ChatConfig
from bot.storage.bulk.statistics import BUSY_WITHIN, Statistics, read_statistics
from bot.storage.database import opened_for_bulk


async def stats(environment: DatabaseEnvironment) -> None:
    """Print the figures; raises `StartupError`."""
    async with opened_for_bulk(environment) as pool:
        statistics = await read_statistics(pool)
    print("\n".join(report(statistics)), flush=True)  # noqa: T201 - for the operator


def report(statistics: Statistics) -> Iterator[str]:
    """Yield the lines, as tables with their figures to the left."""
    chats = statistics.chats
    day, week, month = statistics.changes
    yield from _table(
        "Chats",
        [
            (f"{chats.all:,}", "stored"),
            (f"{chats.all - chats.private:,}", "groups"),
            (f"{chats.private:,}", "private chats"),
            (f"{chats.empty:,}", "where nothing is chosen now"),
            (f"{chats.left:,}", "that the bot has left; deleted 30 days later"),
        ],
    )
    yield from _table(
        "Changes of settings",
        [
            (f"{day:,}", "within a day"),
            (f"{week:,}", "within 7 days"),
            (f"{month:,}", f"within {BUSY_WITHIN.days} days"),
        ],
    )
    unknown = " (not a setting of this release)"
    chosen = statistics.settings
    yield from _table(
        "Settings, by how many chats chose them",
        [(f"{count:,}", f"{key}{'' if key in ChatConfig.model_fields else unknown}") for key, count in chosen.items()],
    )
    never = sorted(ChatConfig.model_fields.keys() - chosen.keys())
    if never:
        yield f"  by none: {', '.join(never)}"
    yield from _table(
        f"Busiest chats, by changes within {BUSY_WITHIN.days} days",
        [(f"{count:,}", str(chat)) for chat, count in statistics.busiest],
    )
    yield from _table(
        "Tables, with their indexes",
        [(size(each.bytes), f"{each.name}, about {each.rows:,} rows") for each in statistics.tables],
    )


def size(count: int) -> str:
    """Return bytes as people write them."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = list(rows)
    yield f"{title}{'' if rows else ': none'}"
    width = max((len(figure) for figure, _ in rows), default=0)
    yield from (f"  {figure:>{width}}  {what}" for figure, what in rows)
