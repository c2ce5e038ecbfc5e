"""`/privacy`: what is stored, and deleting what refers to the person who asks."""

from __future__ import annotations

from collections.abc import Iterator

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.client.outbox import Outbox
from bot.errors import Refused
from bot.storage.configs.revisions import KEPT_CHANGES
from bot.storage.privacy import MOST_COUNTED, PURGE_AFTER, Privacy, Traces
from bot.telegram.callback_data import Action, Press, Pressed
from bot.telegram.screens import Button, Screen, answer, button, is_private, redraw, say
from bot.words import N_, Html, Languages, Words


def router() -> Router:
    """Return the routes of this feature."""
    routes = Router(name="privacy")
    routes.message.register(ask_about_privacy, Command("privacy", ignore_case=True))
    routes.callback_query.register(look_at_traces, Pressed(Action.SHOW_TRACES))
    routes.callback_query.register(erase_traces, Pressed(Action.ERASE_TRACES))
    return routes


def privacy_text(words: Words) -> Html:
    """Return what `/privacy` says."""
    points = [
        words(N_("for each chat: its id (the old one, too, if the group was upgraded) and what was set there;")),
        words(
            N_(
                "for its last {n} changes: what was changed and when, the user id of who did it, and the id of the "
                "update;"
            ),
            n=KEPT_CHANGES,
        ),
        words(N_("for your list: the ids and titles of groups that you added me to or opened the settings of;")),
        words(N_("for an hour: whom I greeted or said goodbye to, so that nobody is greeted twice;")),
        words(
            N_(
                "what I still have to do, until it is done: messages and commands that wait, and messages that are "
                "to be deleted later."
            )
        ),
    ]
    kept = words(
        N_("All of that is deleted {days} days after I am removed from a chat, or blocked in private."),
        days=PURGE_AFTER.days,
    )
    nothing = words(
        N_("Nothing else: none of the messages that people write, no names, no lists of members. My log has only ids.")
    )
    at_once = words(
        N_(
            "In our private chat, /privacy shows what I store about you and deletes it if you like. The owner of a "
            "group can delete everything about the group: /settings, then More."
        )
    )
    head = words(N_("🔒 <b>What I store</b>"))
    return Html("\n\n".join([head, "\n".join(f"• {one}" for one in points), kept, nothing, at_once]))


def traces_screen(words: Words, user_id: int, traces: Traces) -> Screen:
    """Return what refers to a person, with the button that deletes it."""
    close = _close_button(words, user_id)
    if not traces:
        return Screen(words(N_("I store nothing about you.")), ((close,),))
    yes = button(words.plain(N_("🔥 Delete for good")), Press(Action.ERASE_TRACES, user_id).pack(), "danger")
    consequence = words(
        N_(
            "\nDeleting removes your own settings and your list at once and for good. Changes you made stay in the "
            "history of the groups, as made by “a former admin”."
        )
    )
    lines = [words(N_("<b>What I store about you</b>")), *_counted(words, traces), consequence]
    return Screen(Html("\n".join(lines)), ((yes,), (close,)))


def _counted(words: Words, traces: Traces) -> Iterator[Html]:
    """Return a line for each of the traces that there are."""
    if traces.settings:
        yield words.count("• {n} setting of your own", "• {n} settings of your own", traces.settings)
    if traces.chats > MOST_COUNTED:
        yield words(N_("• more than {n} groups on your list"), n=MOST_COUNTED)
    elif traces.chats:
        yield words.count("• {n} group on your list", "• {n} groups on your list", traces.chats)
    if traces.changes > MOST_COUNTED:
        yield words(N_("• more than {n} changes in groups' histories"), n=MOST_COUNTED)
    elif traces.changes:
        yield words.count("• {n} change in a group's history", "• {n} changes in groups' histories", traces.changes)


async def ask_about_privacy(message: Message, outbox: Outbox, languages: Languages) -> None:
    """Somebody sends /privacy; in private they can go on to what refers to them."""
    chat_id = message.chat.id if is_private(message) else None
    answer(outbox, message, lambda words: _privacy_screen(words, chat_id), languages)


async def look_at_traces(
    query: CallbackQuery, press: Press, outbox: Outbox, languages: Languages, privacy: Privacy
) -> None:
    """Show what refers to the person who pressed."""
    _require_own(query, press)
    user_id = query.from_user.id
    traces = await privacy.traces(user_id)
    redraw(outbox, query, lambda words: traces_screen(words, user_id, traces), languages)
    say(outbox, query)


async def erase_traces(
    query: CallbackQuery, press: Press, outbox: Outbox, languages: Languages, privacy: Privacy
) -> None:
    """Delete it."""
    _require_own(query, press)
    user_id = query.from_user.id
    if await privacy.erase_person(user_id):
        redraw(outbox, query, lambda words: _erased_screen(words, user_id), languages)
    else:
        # More than can be deleted at one press: the rest is shown with the same button.
        traces = await privacy.traces(user_id)
        redraw(outbox, query, lambda words: traces_screen(words, user_id, traces), languages)
    say(outbox, query)


def _privacy_screen(words: Words, user_id: int | None) -> Screen:
    """Return what `/privacy` answers; `user_id` whose private chat it is."""
    if user_id is None:
        return Screen(privacy_text(words))
    look = button(words.plain(N_("🔎 What you store about me")), Press(Action.SHOW_TRACES, user_id).pack())
    return Screen(privacy_text(words), ((look,),))


def _erased_screen(words: Words, user_id: int) -> Screen:
    return Screen(words(N_("✅ Deleted. I store nothing about you any more.")), ((_close_button(words, user_id),),))


def _close_button(words: Words, user_id: int) -> Button:
    return button(words.plain(N_("✕ Close")), Press(Action.CLOSE, user_id).pack())


def _require_own(query: CallbackQuery, press: Press) -> None:
    """Raise `Refused` unless the button is pressed by its own person, in their private chat."""
    chat = query.message.chat if query.message else None
    if press.chat_id != query.from_user.id or (chat is not None and chat.id != query.from_user.id):
        raise Refused(N_("This button belongs to another chat."))
