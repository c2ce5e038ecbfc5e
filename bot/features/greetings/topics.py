"""What is known of the topics in which greetings are said: whether they take any."""

from __future__ import annotations

import asyncio
import logging

from bot.errors import Unavailable
from bot.storage.configs.repository import ChatConfigs

logger = logging.getLogger(__name__)


class TopicNotes:
    """Stores which topic refused a greeting, so that `/settings check` says so in every process and after a restart."""

    def __init__(self, configs: ChatConfigs) -> None:
        self._configs = configs
        self._noting: set[asyncio.Task[None]] = set()

    def note(self, chat_id: int, thread: int, refused: bool) -> None:
        """A greeting was said in its topic, or refused there and said in General."""
        noting = asyncio.create_task(self._note(chat_id, thread, refused=refused), name="noting a topic")
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _note(self, chat_id: int, thread: int, *, refused: bool) -> None:
        try:
            news = await self._configs.note_topic(chat_id, thread, refused=refused)
        except Unavailable:
            return  # the next greeting tells it
        if news and refused:
            logger.warning("Chat %d: greeting_topic takes no messages; the greeting was sent to General.", chat_id)
