"""What the handlers of the settings get, and the check of rights before each of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from aiogram import Bot
from aiogram.enums import ChatType
from aiogram.types import CallbackQuery, Chat, Message, User

from bot.client.outbox import Outbox
from bot.client.outgoing import MessageKind
from bot.errors import NotAllowed, Refused, Unavailable
from bot.features.settings.announcing import Announcer
from bot.features.settings.view import View
from bot.kinds.filling import safe_name
from bot.storage.configs.repository import ChatConfigs
from bot.storage.configs.revisions import Stored
from bot.storage.known_chats import KnownChats
from bot.storage.privacy import Privacy
from bot.telegram.access import Standing, author, may_change, presence, require_change, require_view
from bot.telegram.callback_data import UNKNOWN_BUTTON, Action, Press
from bot.telegram.languages import chat_words
from bot.telegram.names import Here, KnownNames, KnownTopics
from bot.telegram.screens import Screen, answer, is_private, redraw, reply, say
from bot.words import N_, Languages, Words

Draw = Callable[[View], Screen]

_NO_PRESS = Press("", 0)
_FOR_ANYBODY = {Action.OPEN, Action.OPEN_STAYING, Action.CARRY_OUT}


@dataclass(frozen=True, slots=True)
class Services:
    """What every handler may use; `languages` are those of who wrote or pressed and of the chat where they did."""

    bot: Bot
    outbox: Outbox
    configs: ChatConfigs
    known_names: KnownNames
    known_topics: KnownTopics
    known_chats: KnownChats
    privacy: Privacy
    announcer: Announcer
    languages: Languages
    update_id: int

    @property
    def words(self) -> Words:
        """The words of the person who wrote or pressed."""
        return self.languages.own

    async def open(
        self,
        person: User,
        chat_id: int,
        *,
        change: bool = False,
        in_private: bool = False,
        here: Here | None = None,
    ) -> Context:
        """Open a chat's settings for a person, who is in the topic `here` of it.

        Raises `NotAllowed` unless they may see (with `change`: change) them.
        """
        stored, current = await self._stored(chat_id, change=change)
        return await self._admit(person, stored, current=current, change=change, in_private=in_private, here=here)

    async def open_for_author(self, message: Message, chat_id: int | None = None, *, change: bool = False) -> Context:
        """Open the settings of a chat, by default that of the message, for the author of the message.

        Raises `NotAllowed` for an anonymous author, whose rights cannot be asked for.
        """
        person = author(message)
        if person is None:
            raise NotAllowed(
                N_(
                    "You write anonymously, so I cannot see whether you may do that. Send /settings and use the "
                    "buttons, or do it in our private chat: choose this group there."
                )
            )
        named = chat_id or message.chat.id
        private, here = is_private(message), self.known_topics.of(message)
        ctx = await self.open(person, named, change=change, in_private=private, here=here)
        # What was sent to a group before it became a supergroup may come late, with the old id.
        if not private and message.chat.id not in {named, ctx.view.chat_id}:
            raise Refused(N_("This question belongs to another chat."))
        return ctx

    async def open_for_presser(self, query: CallbackQuery, press: Press, *, change: bool = False) -> Context:
        """Open the settings of the chat that a button names for the person who pressed it."""
        stored, current = await self._stored(press.chat_id, change=change)
        chat = query.message.chat if query.message else None
        if chat is not None and not any(
            _belongs(one, chat, query.from_user) for one in (press.chat_id, stored.chat_id)
        ):
            raise Refused(N_("This button belongs to another chat."))
        in_private = chat is not None and chat.type == ChatType.PRIVATE
        here = self.known_topics.of(query.message) if isinstance(query.message, Message) else None
        try:
            ctx = await self._admit(
                query.from_user, stored, current=current, change=change, in_private=in_private, here=here, press=press
            )
        except NotAllowed:
            if in_private:
                # The person lost their rights in this group, or the bot left it.
                with suppress(Unavailable):
                    await self.known_chats.drop(query.from_user.id, stored.chat_id)
            raise
        _require_own_button(query, ctx.view)
        return ctx

    async def _stored(self, chat_id: int, *, change: bool) -> tuple[Stored, bool]:
        """Return a chat's configuration, and False where it is only what was last known: good enough for viewing."""
        try:
            return await self.configs.read(chat_id), True
        except Unavailable:
            if change:
                raise
            return await self.configs.read_or_last_known(chat_id), False

    async def _admit(
        self,
        person: User,
        stored: Stored,
        *,
        current: bool,
        change: bool,
        in_private: bool,
        here: Here | None,
        press: Press = _NO_PRESS,
    ) -> Context:
        who, anonymous = await presence(self.bot, stored.chat_id, person.id)
        (require_change if change else require_view)(who, stored.config)
        title = "" if stored.chat_id > 0 else safe_name(await self.known_names.title(self.bot, stored.chat_id))
        view = View(
            stored,
            self.words.understanding(chat_words(self.words.catalogues, stored.config)),
            title,
            person,
            editable=may_change(who, stored.config),
            owner=who is Standing.OWNER,
            anonymous=anonymous,
            is_admin=who >= Standing.ADMIN,
            current=current,
            standing=who,
            in_private=in_private,
            forum=self.known_names.is_forum(stored.chat_id),
            here=here,
        )
        return Context(
            self.bot,
            self.outbox,
            self.configs,
            self.known_names,
            self.known_topics,
            self.known_chats,
            self.privacy,
            self.announcer,
            self.languages,
            self.update_id,
            view,
            press,
        )


@dataclass(frozen=True, slots=True)
class Context(Services):
    """What a handler gets beside its message or press: the services, and `view`, who is looking at which settings.

    `press` is what the pressed button says, or the button of the prompt that is replied to; `typed` is what follows
    the subcommand of `/settings`; `sure` says that they confirmed a change that takes somebody's right to change;
    `press_id` names the press by which an anonymous admin said who they are.
    """

    view: View
    press: Press = _NO_PRESS
    typed: str = ""
    sure: bool = False
    press_id: str = ""

    def show(self, query: CallbackQuery, draw: Draw, view: View | None = None) -> None:
        """Put a screen in the place of the pressed one, and answer the press; `view` where it is a newer one."""
        self.redraw(query, draw, view)
        say(self.outbox, query)

    def redraw(self, query: CallbackQuery, draw: Draw, view: View | None = None) -> None:
        """Put a screen in the place of the pressed one."""
        redraw(self.outbox, query, *said(draw, view or self.view))

    def answer(
        self,
        message: Message,
        draw: Draw,
        view: View | None = None,
        *,
        quote: Message | None = None,
        kind: MessageKind = MessageKind.ANSWER,
    ) -> None:
        """Answer a message to its author only, or for everybody in the chat's language where that is not allowed."""
        shown = said(draw, view or self.view)
        answer(self.outbox, message, *shown, quote=quote, kind=kind, press_id=self.press_id)

    def reply(self, message: Message, draw: Draw) -> None:
        """Answer a message where it stands."""
        reply(self.outbox, message, *said(draw, self.view))


def said(draw: Draw, view: View) -> tuple[Callable[[Words], Screen], Languages]:
    """Return a screen of a view as a function of words, with the languages to draw it in."""

    def drawn(words: Words) -> Screen:
        screen = draw(view.said_in(words))
        return replace(screen, text=words.led(screen.text))

    return drawn, view.languages


def _require_own_button(query: CallbackQuery, view: View) -> None:
    """A message that everybody in a group sees obeys its own buttons only, and only people who may change settings.

    A modified client sends the data of any button for any message of the bot.
    """
    message = query.message
    if not isinstance(message, Message) or message.ephemeral_message_id is not None or is_private(message):
        return
    rows = message.reply_markup.inline_keyboard if message.reply_markup else []
    data = [one.callback_data for row in rows for one in row]
    if query.data not in data:
        raise Refused(UNKNOWN_BUTTON)
    if not view.editable and Press.unpack(query.data).action not in _FOR_ANYBODY:
        raise NotAllowed(N_("This menu is not yours. Send /settings for one of your own."))


def _belongs(chat_id: int, shown_in: Chat, person: User) -> bool:
    """In a group a menu concerns that group; in a private chat, any group, or the private chat itself."""
    if shown_in.type == ChatType.PRIVATE:
        return chat_id < 0 or chat_id == person.id
    return chat_id == shown_in.id
