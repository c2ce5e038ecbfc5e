"""Tidiness: deletes Telegram's service messages by type, and commands after they were answered.

A middleware and no handler: aiogram stops at the first handler of a message, but one about a join is answered by a
greeting *and* deleted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from operator import attrgetter
from typing import Any

from aiogram import BaseMiddleware, Bot
from aiogram.enums import ChatType, MessageEntityType
from aiogram.types import Message, TelegramObject

from bot.errors import BotError
from bot.settings import ChatConfig
from bot.storage.configs.revisions import Stored
from bot.telegram.screens import delete
from bot.updates.prefilter import Interest
from bot.updates.raw_conditions import EventCondition, RawEvent

# Fields of a message (https://core.telegram.org/bots/api#message) by the setting that has it deleted.
#
# Not among them: forum_topic_created, because deleting it deletes the whole topic; supergroup_chat_created and the
# migrate_… notices, which cannot be deleted; gifts, payments, boosts and giveaways, which are about people.
CLEANED: dict[str, tuple[str, ...]] = {
    "clean_joins": ("new_chat_members", "community_chat_joined"),
    "clean_leaves": ("left_chat_member", "chat_owner_left"),
    "clean_pins": ("pinned_message",),
    "clean_changes": (
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "chat_owner_changed",
        "chat_background_set",
        "message_auto_delete_timer_changed",
        "community_chat_added",
        "community_chat_removed",
        "direct_message_price_changed",
        "paid_message_price_changed",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
    ),
}


def is_to_be_cleaned(message: Message, config: ChatConfig) -> bool:
    """Say whether a message is a service message of a type that this chat does not keep."""
    return any(
        getattr(config, key) and any(getattr(message, field) is not None for field in fields)
        for key, fields in CLEANED.items()
    )


def command_target(message: Message) -> str | None:
    """Return the bot a command names ("/ban@OtherBot": "otherbot"), "" where it names none; None for no command."""
    text, entities = message.text or message.caption or "", message.entities or message.caption_entities or ()
    command = next((one for one in entities if one.type == MessageEntityType.BOT_COMMAND and one.offset == 0), None)
    return None if command is None else text[: command.length].partition("@")[2].casefold()


def is_command_to_be_cleaned(config: ChatConfig, target: str | None, username: str) -> bool:
    """Say whether a command is deleted in this chat; `target` is the bot it names, "" for none, None for no command."""
    if target is None or config.clean_commands == "none":
        return False
    return config.clean_commands == "all" or target not in ("", username.casefold())


class Tidiness(BaseMiddleware):
    """Outer middleware of messages: service messages go before the handlers, commands after their answer.

    A command whose handling failed unexpectedly stays, beside the apology. An ephemeral command stays too: nobody but
    its sender sees it.
    """

    def interests(self) -> Iterable[Interest]:
        """Service messages of the types that the chat does not keep, and commands where those are deleted."""
        for key, fields in CLEANED.items():
            yield Interest(frozenset({_has_one_of(fields)}), frozenset({attrgetter(f"config.{key}")}))
        yield Interest(frozenset({_begins_with_entity}), frozenset({_cleans_commands}))

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Delete a service message before its handlers, a command after them."""
        config: ChatConfig | None = data.get("config")
        if not isinstance(event, Message) or config is None or event.chat.type == ChatType.PRIVATE:
            return await handler(event, data)
        bot: Bot = data["bot"]
        if is_to_be_cleaned(event, config) and not _tells_of_own_removal(event, bot):
            delete(data["outbox"], event)
        try:
            result = await handler(event, data)
        except BotError:
            # The refusal is the answer.
            await self._clean_command(event, config, data)
            raise
        await self._clean_command(event, config, data)
        return result

    async def _clean_command(self, message: Message, config: ChatConfig, data: dict[str, Any]) -> None:
        target = None if message.ephemeral_message_id is not None else command_target(message)
        username = (await data["bot"].me()).username or "" if target else ""
        if is_command_to_be_cleaned(config, target, username):
            delete(data["outbox"], message)


def _tells_of_own_removal(message: Message, bot: Bot) -> bool:
    return message.left_chat_member is not None and message.left_chat_member.id == bot.id


def _has_one_of(fields: Iterable[str]) -> EventCondition:
    def holds(event: RawEvent) -> bool:
        return any(event.get(field) is not None for field in fields)

    return holds


def _begins_with_entity(event: RawEvent) -> bool:
    entities = event.get("entities") or event.get("caption_entities") or ()
    return any(entity["offset"] == 0 for entity in entities)


def _cleans_commands(stored: Stored) -> bool:
    return stored.config.clean_commands != "none"
