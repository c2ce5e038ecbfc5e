"""The administrator rights that settings need for their effect, and which of them the bot lacks in a chat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aiogram.types import ChatMemberAdministrator, ChatMemberOwner

from bot.kinds import Setting
from bot.settings import ChatConfig, settings
from bot.words import N_, Html, Words

# As Telegram's apps call them.
RIGHT_NAMES = {
    "can_change_info": N_("Change group info"),
    "can_delete_messages": N_("Delete messages"),
    "can_restrict_members": N_("Ban users"),
    "can_invite_users": N_("Invite users via link"),
    "can_pin_messages": N_("Pin messages"),
}
GRANT_MISSING = N_("🔑 Grant missing rights")


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


def missing_right_line(words: Words, right: str, waiting: Iterable[Setting]) -> Html:
    """Return the sentence about a right that settings need and the bot does not have."""
    name, titles = words(RIGHT_NAMES[right]), Html(words.joined(words(one.title) for one in waiting))
    return words(N_("⚠️ I need the admin right “{right}” for: {titles}."), right=name, titles=titles)


def add_link(username: str | None, rights: Iterable[str]) -> str:
    """Return the link that adds the bot to a group with these rights, or gives it exactly them where it is already.

    Without a parameter Telegram sends no /start to the group, where being added is answered already.
    """
    named = "+".join(sorted(right.removeprefix("can_") for right in rights))
    return f"https://t.me/{username}?startgroup&admin={named}"
