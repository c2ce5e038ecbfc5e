"""How a process is: what `/health` says, and whether it is ready."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import bot
from bot.client.outbox import Backlog, Outbox
from bot.storage.connection.checking import DatabaseCheck, DatabaseState, PoolFigures
from bot.storage.connection.leadership import Leadership
from bot.updates.polling.fetching import MARGIN_SECONDS
from bot.updates.polling.poller import LONG_POLL_SECONDS, Poller

if TYPE_CHECKING:
    from bot.updates.webhook.receiver import Receiver

SHARED_FOR_SECONDS = 0.25
"""However many ask, a report is made so often at most."""

NO_ANSWER_SECONDS = LONG_POLL_SECONDS + MARGIN_SECONDS + 5.0
"""A leader whose getUpdates was not answered for longer does not poll."""


@dataclass(frozen=True, slots=True)
class Report:
    """How the process is at a moment. Seconds are those passed since, None where it never happened."""

    status: str
    """starting, ok, failing or stopping."""
    problems: tuple[str, ...]
    uptime: float
    database: DatabaseState
    pool: PoolFigures
    leads: bool
    webhook: bool
    polling_fails: bool
    last_poll: float | None
    last_update: float | None
    in_hand: int
    outbox: Backlog

    @property
    def ready(self) -> bool:
        """Whether it serves people, or would at once if the leader ended."""
        return self.status == "ok"

    @property
    def follows(self) -> str:
        """What it does while another one leads."""
        return "takes updates" if self.webhook else "stands by"

    def as_json(self) -> dict[str, Any]:
        """Return what `/health` says."""
        return {
            "status": self.status,
            "problems": self.problems,
            "version": bot.__version__,
            "uptime": round(self.uptime, 1),
            "database": {**asdict(self.database), "pool": asdict(self.pool)},
            "bot": {
                "updates_by": "webhook" if self.webhook else "polling",
                "role": "leader" if self.leads else "member" if self.webhook else "stand-by",
                "last_poll": _rounded(self.last_poll),
                "last_update": _rounded(self.last_update),
                "in_hand": self.in_hand,
                "outbox_waiting": self.outbox.waiting,
                "outbox_oldest": _rounded(self.outbox.oldest_seconds),
            },
        }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


class Status:
    """Looks at the parts of a running process; `stop` is set when it is told to end."""

    def __init__(
        self,
        check: DatabaseCheck,
        poller: Poller | Receiver,
        leadership: Leadership,
        outbox: Outbox,
        stop: asyncio.Event,
    ) -> None:
        self._check = check
        self._poller = poller
        self._leadership = leadership
        self._outbox = outbox
        self._stop = stop
        self._started_at = _now()
        self._last: Report | None = None
        self._made_at = 0.0

    async def report(self) -> Report:
        """Return how the process is."""
        if self._last is None or _now() - self._made_at >= SHARED_FOR_SECONDS:
            database = await self._check.state()
            self._last, self._made_at = self._report(database), _now()
        return self._last

    def _report(self, database: DatabaseState) -> Report:
        polling, now = self._poller.progress, _now()
        leads, outbox = self._leadership.held(), self._outbox.backlog()
        problems = []
        if not database.healthy:
            problems.append("The database does not answer.")
        asks_since = max(polling.answered_at or 0.0, polling.began_at or now)
        if polling.telegram_away:
            problems.append("Telegram does not answer getMe.")
        if polling.webhook and polling.fails:
            problems.append("Updates are left to other processes, as the control connection is lost.")
        if database.healthy and not polling.webhook and not leads and not self._leadership.can_be_taken():
            problems.append("The process cannot lead, as the control connection is lost.")
        polls = leads and not polling.webhook
        if polls and (polling.fails or now - asks_since > NO_ANSWER_SECONDS):
            problems.append("Telegram does not answer getUpdates.")
        if leads and outbox.telegram_away:
            problems.append("Telegram does not take messages.")
        status = "failing" if problems else "ok"
        if not polling.ready:
            status = "starting"
        if self._stop.is_set():
            status = "stopping"
        return Report(
            status,
            tuple(problems),
            now - self._started_at,
            database,
            self._check.figures(),
            leads,
            polling.webhook,
            polls and polling.fails,
            _since(polling.answered_at, now),
            _since(polling.brought_at, now),
            self._poller.in_hand,
            outbox,
        )


def _since(moment: float | None, now: float) -> float | None:
    return None if moment is None else now - moment


def _now() -> float:
    return asyncio.get_running_loop().time()
