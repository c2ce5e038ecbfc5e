"""A circuit breaker: after the first failure one question finds out whether an answer can be had, nobody else waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.errors import Unavailable
from bot.words import N_

logger = logging.getLogger(__name__)

UNAVAILABLE = N_("The database cannot be reached at the moment, so nothing was changed. Please try again shortly.")

PAUSE = 0.25
"""Seconds between two questions while there is no answer."""

SILENCE = 5.0
"""Seconds until the log names another failure that was one thing only: when connections run out, each call has one."""


class Breaker:
    """Stands in front of the database, which `answers` asks one small question: True for an answer, soon in any case.

    - Closed: everybody passes; that costs nothing.
    - In doubt, from a failure on until the question is answered: who comes now waits for that. One broken connection
      or one slow statement costs the others a moment and no refusal.
    - Open: there was no answer. Who comes is refused at once, the question is put again and again, and the first
      answer lets everybody pass.
    """

    def __init__(self, answers: Callable[[], Awaitable[bool]]) -> None:
        self._answers = answers
        self._asking: asyncio.Task[None] | None = None
        self._known = asyncio.Event()  # set when it is no longer in doubt
        self._stopped = False
        self._quiet_until = 0.0

    @property
    def closed(self) -> bool:
        """Whether everybody passes: nothing has failed lately."""
        return self._asking is None

    @property
    def open(self) -> bool:
        """Whether everybody is refused."""
        return self._asking is not None and self._known.is_set()

    async def admit(self) -> None:
        """Return when there is use in trying; raise `Unavailable` while there is none."""
        if self.closed:
            return
        await self._known.wait()
        if self.open:
            await asyncio.sleep(0)  # whoever tries again and again lets others have their turn
            raise Unavailable(UNAVAILABLE)

    def suspect(self, reason: str) -> None:
        """Something failed, for this reason in the log: find out whether everything does."""
        if self._asking is None and not self._stopped:
            self._known.clear()
            self._asking = asyncio.get_running_loop().create_task(self._ask(reason), name="is the database back")

    async def stop(self) -> None:
        """Ask no more, whatever fails from now on."""
        self._stopped = True
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _ask(self, reason: str) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            while not await self._answers():
                if not self._known.is_set():
                    logger.warning("The database does not answer (%s); everything that needs it is refused.", reason)
                    self._known.set()
                await asyncio.sleep(PAUSE)
            if self._known.is_set():
                logger.info("The database answers again after %.1f s.", loop.time() - began)
            elif loop.time() >= self._quiet_until:
                self._quiet_until = loop.time() + SILENCE
                logger.info("The database answers; what failed was one thing only (%s).", reason)
        finally:
            self._asking = None
            self._known.set()
