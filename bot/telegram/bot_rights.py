"""The administrator rights that settings need for their effect, and which of them the bot lacks in a chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiogram.types import ChatMemberAdministrator, ChatMemberOwner

from bot.kinds import Setting
from bot.settings import ChatConfig, settings
from bot.words import N_

# As Telegram's apps call them.
RIGHT_NAMES = {
    "can_change_info": N_("Change group info"),
    "can_delete_messages": N_("Delete messages"),
    "can_restrict_members": N_("Ban users"),
    "can_invite_users": N_("Invite users via link"),
    "can_pin_messages": N_("Pin messages"),
}


def needed() -> tuple[str, ...]:
    """Return every right that some setting needs, as Telegram names it."""
    return tuple(sorted({one.needs for one in settings().values() if one.needs}))


def held(member: object) -> frozenset[str]:
    """Return which of the needed rights a member of a chat has; the owner has every one."""
    match member:
        case ChatMemberOwner():
            return frozenset(needed())
        case ChatMemberAdministrator():
            return frozenset(right for right in needed() if getattr(member, right, False))
    return frozenset()


def missing_rights(config: ChatConfig, rights: Iterable[str]) -> Mapping[str, tuple[Setting, ...]]:
    """Return the rights that are missing for what is switched on, each with the settings that wait for it."""
    missing: dict[str, tuple[Setting, ...]] = {}
    for key, one in settings().items():
        if one.needs and one.needs not in set(rights) and one.kind.has_effect(getattr(config, key)):
            missing[one.needs] = (*missing.get(one.needs, ()), one)
    return missing
