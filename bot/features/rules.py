"""The rules of a group: `/rules`, and the button under a greeting.

Only the person who asks sees them. As a reply to somebody's message `/rules` shows them to that person, if whoever asks
may show them to others; and so it is where Telegram cannot show a message to one person alone.
"""

from __future__ import annotations

import re

from aiogram import Bot, F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, Message, User
from aiogram.utils.deep_linking import create_start_link

from bot.client.attempts import Verdict
from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind, Outgoing
from bot.kinds import markup
from bot.kinds.filling import safe_name
from bot.kinds.text import MOST_IN_MESSAGE
from bot.settings import ChatConfig, settings
from bot.storage.configs.repository import ChatConfigs
from bot.telegram.access import Standing, author, is_anonymous_admin, may_change, standing
from bot.telegram.callback_data import Action, Pressed
from bot.telegram.languages import PersonalWords
from bot.telegram.names import mentioned
from bot.telegram.screens import (
    MOST_OF_AN_ANSWER,
    Screen,
    answer,
    answer_press,
    hint,
    is_private,
    link,
    message_to,
    say,
    topic,
)
from bot.words import N_, Html, Languages, Words, escape

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
        example = escape(settings()["rules_text"].kind.example_in(words))
        how = Html(f"<code>/settings rules_text {example}</code>")
        return words(N_("This group has no rules yet. Set them in /settings, or by {command}."), command=how)
    return words(_NONE)


def pop_up(config: ChatConfig, words: Words) -> str | None:
    """Return the rules as a pop-up shows them, without formatting; None where they are too long for one."""
    text = markup.visible(config.rules_text).strip() or words.plain(_NONE)
    return text if markup.utf16_length(text) <= MOST_OF_AN_ANSWER else None


async def show_rules(
    message: Message,
    bot: Bot,
    outbox: Outbox,
    config: ChatConfig,
    languages: Languages,
    personal_words: PersonalWords,
) -> None:
    """Somebody sends /rules, maybe as a reply to somebody else."""
    if is_private(message):
        answer(outbox, message, lambda words: Screen(rules(config, words, private=True)), languages)
        return
    if not config.rules_text:
        editor = await _may_set(message, bot, config)
        answer(outbox, message, lambda words: Screen(rules(config, words, editor=editor)), languages)
        return
    other = shown_to(message)
    # What only its author saw is never answered for everybody.
    asks_for_all = other is not None or message.ephemeral_message_id is None
    may_show = asks_for_all and await _may_show(message, bot, config)
    if other is not None and may_show:
        words = await personal_words.of(other, languages.everybody)
        await _show_to(message, other, outbox, config, Languages(words, languages.everybody), languages.own)
        return
    link_to = None if may_show else await create_start_link(bot, f"rules_{message.chat.id}")
    answer(
        outbox,
        message,
        lambda words: Screen(own_rules(config, words, asked_for_other=other is not None)),
        languages,
        openly=None if link_to is None else lambda words: _by_link(words, link_to),
    )


def shown_to(message: Message) -> User | None:
    """Return the person whose message a command replies to; None where there is no such other person.

    In a topic of a forum, Telegram says of every message that it replies to the one that began the topic.
    """
    answered = message.reply_to_message
    if answered is None or answered.forum_topic_created is not None:
        return None
    person, asker = author(answered), author(message)
    if person is None or person.is_bot or (asker is not None and person.id == asker.id):
        return None
    return person


def own_rules(config: ChatConfig, words: Words, *, asked_for_other: bool) -> Html:
    """Return the rules for who asked, who may have wanted somebody else to see them and may not do that."""
    note = words(N_("Only admins can show the rules to others here. These are for you:"))
    text = Html(f"{note}\n\n{config.rules_text}")
    return text if asked_for_other and markup.visible_length(text) <= MOST_IN_MESSAGE else Html(config.rules_text)


def rules_for(config: ChatConfig, words: Words, other: User) -> Html:
    """Return the rules for somebody who did not ask, with their name above where there is room."""
    asked = words(N_("{mention}, please read the rules of this group:"), mention=mentioned(other))
    text = Html(f"{asked}\n\n{config.rules_text}")
    return text if markup.visible_length(text) <= MOST_IN_MESSAGE else Html(config.rules_text)


async def _show_to(
    message: Message, other: User, outbox: Outbox, config: ChatConfig, theirs: Languages, own: Words
) -> None:
    """Show the rules to the author of the message that was replied to, and say so to who asked."""
    answered, thread = message.reply_to_message, topic(message)
    words = theirs.everybody if outbox.ephemeral_ignored else theirs.own
    alone, openly = (Screen(rules_for(config, each, other)) for each in (words, theirs.everybody))
    calls = (
        message_to(message.chat.id, alone, topic=thread, only={"receiver_user_id": other.id}),
        message_to(message.chat.id, openly, topic=thread, quote=answered),
    )
    shown = outbox.deliver(Outgoing(MessageKind.ANSWER, calls))
    outcome = await outbox.outcome(shown, WAIT_SECONDS) if shown is not None else None
    if outcome is not None and isinstance(outcome.result, dict) and "ephemeral_message_id" in outcome.result:
        hint(outbox, message, own(N_("👍 {name} now sees the rules."), name=safe_name(other.full_name)))


def _by_link(words: Words, url: str) -> Screen:
    text = words(N_("The rules of this group open in our private chat."))
    return Screen(text, ((link(words.plain(N_("📜 Read the rules")), url),),))


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


async def _may_show(message: Message, bot: Bot, config: ChatConfig) -> bool:
    """Say whether who asked may show the rules to others."""
    if config.rules_shown_by == "everyone" or is_anonymous_admin(message):
        return True
    person = author(message)
    return person is not None and await standing(bot, message.chat.id, person.id) >= Standing.ADMIN


async def _may_set(message: Message, bot: Bot, config: ChatConfig) -> bool:
    person = author(message)
    if person is None:
        return is_anonymous_admin(message)
    return may_change(await standing(bot, message.chat.id, person.id), config)
