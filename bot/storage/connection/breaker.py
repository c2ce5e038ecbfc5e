"""A circuit breaker: after a failure one question finds out whether the database answers; nobody else waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.errors import Unavailable
from bot.words import N_

logger = logging.getLogger(__name__)

UNAVAILABLE = N_("The database cannot be reached at the moment, so nothing was changed. Please try again shortly.")

PROBE_EVERY_SECONDS = 0.25
"""Between two questions while there is no answer."""

SAME_LINE_EVERY_SECONDS = 5.0
"""Until the log names another single failure: when connections run out, each call has one."""


OTHER_REASON_AFTER_SECONDS = 5.0
"""Until the log names another reason. One that restarts has several; what stays may need somebody to act."""


class Breaker:
    """Stands in front of the database.

    `probe` asks it one small question, and soon returns None for an answer, or the reason in words why there was none.

    - Closed: everybody passes; that costs nothing.
    - Suspecting, from a failure on until the question is answered: who comes now waits for that. One broken connection
      or one slow statement costs the others a moment and no refusal.
    - Open: there was no answer. Who comes is refused at once, the question is put again and again, and the first
      answer lets everybody pass.
    """

    def __init__(self, probe: Callable[[], Awaitable[str | None]]) -> None:
        self._probe = probe
        self._probing: asyncio.Task[None] | None = None
        self._known = asyncio.Event()  # cleared while suspecting
        self._stopped = False
        self._silent_until = 0.0

    @property
    def closed(self) -> bool:
        """Whether everybody passes: nothing has failed lately."""
        return self._probing is None

    @property
    def open(self) -> bool:
        """Whether everybody is refused."""
        return self._probing is not None and self._known.is_set()

    async def admit(self) -> None:
        """Return when there is use in trying; raise `Unavailable` while there is none."""
        if self.closed:
            return
        await self._known.wait()
        if self.open:
            await asyncio.sleep(0)  # a caller that tries in a loop must not block the others
            raise Unavailable(UNAVAILABLE)

    def suspect(self, reason: str) -> None:
        """Something failed, for this reason in the log: find out whether everything does."""
        if self._probing is None and not self._stopped:
            self._known.clear()
            self._probing = asyncio.get_running_loop().create_task(self._probe_until_answered(reason), name="probing")

    async def stop(self) -> None:
        """Ask no more, whatever fails from now on."""
        self._stopped = True
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait([self._probing])

    async def _probe_until_answered(self, reason: str) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            said, say_again_at = "", 0.0
            while (why := await self._probe()) is not None:
                if not self._known.is_set():
                    logger.warning("The database does not answer (%s); everything that needs it is refused.", why)
                    said, say_again_at = why, loop.time() + OTHER_REASON_AFTER_SECONDS
                    self._known.set()
                elif why != said and loop.time() >= say_again_at:
                    logger.warning("The database still does not answer (%s).", why)
                    said, say_again_at = why, loop.time() + OTHER_REASON_AFTER_SECONDS
                await asyncio.sleep(PROBE_EVERY_SECONDS)
            if self._known.is_set():
                logger.info("The database answers again after %.1f s.", loop.time() - began)
            elif loop.time() >= self._silent_until:
                self._silent_until = loop.time() + SAME_LINE_EVERY_SECONDS
                logger.info("The database answers; a single call failed (%s).", reason)
        finally:
            self._probing = None
            self._known.set()
