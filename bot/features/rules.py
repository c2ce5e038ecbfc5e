"""The rules of a group: `/rules`, and the button under a greeting. Only the person who asks sees them."""

from __future__ import annotations

import re

from aiogram import Bot, F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, Message
from aiogram.utils.deep_linking import create_start_link

from bot.client.attempts import Verdict
from bot.client.outbox import Outbox
from bot.kinds import markup
from bot.settings import ChatConfig
from bot.storage.configs.repository import ChatConfigs
from bot.telegram.access import Standing, author, is_anonymous_admin, may_change, standing
from bot.telegram.callback_data import Action, Pressed
from bot.telegram.screens import MOST_OF_AN_ANSWER, Screen, answer, answer_press, is_private, say
from bot.words import N_, Html, Languages, Words

_LINK = re.compile(r"rules_(-\d{1,16})\Z")
WAIT_SECONDS = 2.0
"""To see whether Telegram lets the bot show the rules to one person alone; else they are shown in a pop-up."""

_NONE = N_("This group has no rules yet. Be kind to one another.")


def router() -> Router:
    """Return the routes of this feature."""
    routes = Router(name="rules")
    routes.message.register(show_rules, Command("rules", ignore_case=True))
    routes.message.register(
        show_rules_of, CommandStart(deep_link=True, magic=F.args.regexp(_LINK)), F.chat.type == "private"
    )
    routes.callback_query.register(press_rules, Pressed(Action.SHOW_RULES))
    return routes


def rules(config: ChatConfig, words: Words, *, editor: bool = False, private: bool = False) -> Html:
    """Return what `/rules` answers: the rules or that there are none, and how to set them to an `editor`."""
    if private:
        return words(N_("Rules belong to a group. Send /rules there."))
    if config.rules_text:
        return Html(config.rules_text)
    if editor:
        how = Html("<code>/settings rules_text TEXT</code>")
        return words(N_("This group has no rules yet. Set them in /settings, or by {command}."), command=how)
    return words(_NONE)


def pop_up(config: ChatConfig, words: Words) -> str | None:
    """Return the rules as a pop-up shows them, without formatting; None where they are too long for one."""
    text = markup.visible(config.rules_text).strip() or words.plain(_NONE)
    return text if markup.utf16_length(text) <= MOST_OF_AN_ANSWER else None


async def show_rules(message: Message, bot: Bot, outbox: Outbox, config: ChatConfig, languages: Languages) -> None:
    """Somebody sends /rules."""
    private = is_private(message)
    editor = not private and not config.rules_text and await _may_set(message, bot, config)
    answer(outbox, message, lambda words: Screen(rules(config, words, editor=editor, private=private)), languages)


async def press_rules(query: CallbackQuery, bot: Bot, outbox: Outbox, languages: Languages, config: ChatConfig) -> None:
    """Somebody presses the button under a greeting; the chat is the one it is pressed in, whatever its data says."""
    shown = answer_press(outbox, query, lambda words: Screen(rules(config, words)), languages)
    outcome = await outbox.outcome(shown, WAIT_SECONDS) if shown is not None else None
    if outcome is None or outcome.verdict is Verdict.SENT:
        say(outbox, query)
    elif (short := pop_up(config, languages.own)) is not None:
        say(outbox, query, short, alert=True)
    else:
        chat = query.message.chat.id if query.message else 0
        say(outbox, query, url=await create_start_link(bot, f"rules_{chat}"))


async def show_rules_of(
    message: Message, command: CommandObject, bot: Bot, outbox: Outbox, configs: ChatConfigs, languages: Languages
) -> None:
    """Somebody follows the link to the private chat, because the rules are too long for a pop-up."""
    person, chat_id = author(message), int((command.args or "").removeprefix("rules_"))
    if person is None or await standing(bot, chat_id, person.id) < Standing.MEMBER:
        sorry = N_("I cannot see you in that group. Send /rules there.")
        answer(outbox, message, lambda words: Screen(words(sorry)), languages)
        return
    stored = await configs.read(chat_id)
    answer(outbox, message, lambda words: Screen(rules(stored.config, words)), languages)


async def _may_set(message: Message, bot: Bot, config: ChatConfig) -> bool:
    person = author(message)
    if person is None:
        return is_anonymous_admin(message)
    return may_change(await standing(bot, message.chat.id, person.id), config)
