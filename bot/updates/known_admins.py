"""Who was lately seen to be an admin where: a hint for whose messages come first, never a permission."""

from __future__ import annotations

import asyncio
from typing import Any

from aiogram import Bot
from aiogram.client.session.middlewares.base import NextRequestMiddlewareType
from aiogram.enums import ChatMemberStatus
from aiogram.methods import GetChatAdministrators, GetChatMember, TelegramMethod

from bot.lru import LruCache

ADMIN_SECONDS, OTHER_SECONDS = 600.0, 60.0
"""For so long somebody counts as an admin, or as none, after Telegram said so."""

_ADMINS = frozenset({ChatMemberStatus.CREATOR, ChatMemberStatus.ADMINISTRATOR})


class KnownAdmins:
    """A session middleware that notes what Telegram says of people's standing."""

    def __init__(self, most: int = 20_000) -> None:
        self._known: LruCache[tuple[int, int], tuple[bool, float]] = LruCache(most)

    def get(self, chat_id: int, user_id: int) -> bool | None:
        """Say whether somebody is an admin of a chat; None where that is not known. Everybody is one of their own."""
        if chat_id == user_id:
            return True
        known = self._known.get((chat_id, user_id))
        if known is None or known[1] < asyncio.get_running_loop().time():
            return None
        return known[0]

    def note(self, chat_id: int, user_id: int, *, admin: bool) -> None:
        """Remember what somebody is in a chat."""
        seconds = ADMIN_SECONDS if admin else OTHER_SECONDS
        self._known.put((chat_id, user_id), (admin, asyncio.get_running_loop().time() + seconds))

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        """Make the call and look at its answer."""
        result: Any = await make_request(bot, method)
        if isinstance(method, GetChatMember) and isinstance(method.chat_id, int):
            self.note(method.chat_id, method.user_id, admin=result.status in _ADMINS)
        elif isinstance(method, GetChatAdministrators) and isinstance(method.chat_id, int):
            for admin in result:
                self.note(method.chat_id, admin.user.id, admin=True)
        return result
