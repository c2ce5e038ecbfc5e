"""What somebody is in a chat, asked of Telegram each time, and what that allows.

Always the person who wrote or pressed is asked about, never the author of the message a button hangs on.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.types import ChatMemberAdministrator, ChatMemberOwner, ChatMemberRestricted, ChatMemberUnion, Message, User
from aiogram.types import ChatMemberMember as PlainMember

from bot.errors import NotAllowed
from bot.settings import ChatConfig
from bot.words import N_


class Standing(IntEnum):
    """What somebody is in a chat; a higher one may do what a lower one may."""

    OUTSIDE = 0
    MEMBER = 1
    ADMIN = 2
    INFO_ADMIN = 3
    """An admin with the right to change the chat's info."""
    OWNER = 4


_EDITORS = {"info": Standing.INFO_ADMIN, "admins": Standing.ADMIN, "owner": Standing.OWNER}
_REFUSALS = {
    "info": N_("Only admins with “Change group info” can change these settings."),
    "admins": N_("Only admins can change these settings."),
    "owner": N_("Only the owner can change these settings."),
}


class Presence(NamedTuple):
    """What somebody is in a chat, and whether they act there in the name of the group."""

    standing: Standing
    anonymous: bool = False


async def standing(bot: Bot, chat_id: int, user_id: int) -> Standing:
    """Return what a person is in a chat; see `presence`."""
    return (await presence(bot, chat_id, user_id)).standing


async def presence(bot: Bot, chat_id: int, user_id: int) -> Presence:
    """Ask Telegram what a person is in a chat. In a private chat, its person is the owner."""
    if chat_id > 0:
        return Presence(Standing.OWNER if chat_id == user_id else Standing.OUTSIDE)
    member = await _member(bot, chat_id, user_id)
    return Presence(_standing(member), bool(getattr(member, "is_anonymous", False)))


async def may_post(bot: Bot, chat_id: int, user_id: int) -> bool:
    """Say whether somebody is an admin of a channel or group who may write there."""
    match await _member(bot, chat_id, user_id):
        case ChatMemberOwner():
            return True
        case ChatMemberAdministrator(can_post_messages=allowed):
            return allowed is not False  # None in a group, where every admin may
    return False


async def named_admin(bot: Bot, chat_id: int, user_id: int) -> User | None:
    """Return an admin of a group; None for who is none, or acts in the name of the group."""
    member = await _member(bot, chat_id, user_id)
    if not isinstance(member, ChatMemberOwner | ChatMemberAdministrator) or member.is_anonymous:
        return None
    return member.user


async def _member(bot: Bot, chat_id: int, user_id: int) -> ChatMemberUnion | None:
    """Return what Telegram says of a person in a group; None where it says nothing.

    One request; a second one where the bot is no admin and Telegram therefore does not answer about others.
    """
    try:
        return await bot.get_chat_member(chat_id, user_id)
    except TelegramForbiddenError:
        return None
    except TelegramBadRequest:
        pass
    try:
        admins = await bot.get_chat_administrators(chat_id)
    except (TelegramBadRequest, TelegramForbiddenError):
        return None
    return next((admin for admin in admins if admin.user.id == user_id), None)


def _standing(member: object) -> Standing:
    match member:
        case ChatMemberOwner():
            return Standing.OWNER
        case ChatMemberAdministrator(can_change_info=True):
            return Standing.INFO_ADMIN
        case ChatMemberAdministrator():
            return Standing.ADMIN
        case PlainMember() | ChatMemberRestricted(is_member=True):
            return Standing.MEMBER
        case _:
            return Standing.OUTSIDE


def may_change(who: Standing, config: ChatConfig) -> bool:
    """Say whether that person may change the settings of a chat with this configuration."""
    return who >= _EDITORS[config.editors]


def taken_by(who: Standing, before: ChatConfig, after: ChatConfig) -> str | None:
    """Return the warning about a change that takes the right to change settings from a person, or from other admins."""
    if may_change(who, before) and not may_change(who, after):
        return N_("After that, you can no longer change the settings here.")
    if after.editors == "owner" != before.editors:
        return N_("After that, no admin but the owner can change the settings here.")
    return None


def may_view(who: Standing, config: ChatConfig) -> bool:
    """Say whether that person may read the settings: every admin, and members where the chat allows it."""
    return who >= Standing.ADMIN or (who >= Standing.MEMBER and config.members_may_view)


def require_change(who: Standing, config: ChatConfig) -> None:
    """Raise `NotAllowed`, which says who has the right, unless the person may change settings."""
    if not may_change(who, config):
        raise NotAllowed(who_may_change(config))


def who_may_change(config: ChatConfig) -> str:
    """Return the message that says who may change the settings of a chat with this configuration."""
    return _REFUSALS[config.editors]


_READ_ONLY = {
    "info": N_("👀 You can look; only admins with “Change group info” can change these settings."),
    "admins": N_("👀 You can look; only admins can change these settings."),
    "owner": N_("👀 You can look; only the owner can change these settings."),
}


def who_may_look(config: ChatConfig) -> str:
    """Return the message over settings that somebody may read and not change: who may."""
    return _READ_ONLY[config.editors]


def require_view(who: Standing, config: ChatConfig) -> None:
    """Raise `NotAllowed` unless the person may read the settings."""
    if not may_view(who, config):
        raise NotAllowed(N_("Only admins of this chat can see its settings."))


def is_anonymous_admin(message: Message) -> bool:
    """Say whether an admin wrote in the name of the group, so that nobody knows who it was."""
    return message.sender_chat is not None and message.sender_chat.id == message.chat.id


def author(message: Message) -> User | None:
    """Return the person who wrote; None for an anonymous admin, a channel, or a service of Telegram."""
    return message.from_user if message.sender_chat is None else None
