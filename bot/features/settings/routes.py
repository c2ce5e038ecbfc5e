"""Which press, command or reply goes to which handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from aiogram import BaseMiddleware, F, Router
from aiogram.dispatcher.event.bases import SkipHandler
from aiogram.enums import ChatType
from aiogram.filters import Command, CommandStart
from aiogram.types import CallbackQuery, Message, TelegramObject

from bot.features.settings import anonymous, erasing, history
from bot.features.settings.changing import AsksFirst, ask_first, show_question
from bot.features.settings.check import check_by_press
from bot.features.settings.commands import handle_help, handle_settings
from bot.features.settings.context import Context, Services
from bot.features.settings.menu import (
    button_editor,
    editing,
    groups,
    log_chat,
    navigation,
    opening,
    previewing,
    prompts,
)
from bot.features.settings.transfer import applying, block, copying, files, posting
from bot.settings import settings
from bot.telegram.callback_data import SURE, Action, Press, Pressed

PressHandler = Callable[[CallbackQuery, Context], Awaitable[None]]


def router() -> Router:
    """Return the routes of the settings."""
    routes = Router(name="settings")
    routes.message.middleware(ProvideServices())
    routes.callback_query.middleware(ProvideServices())
    # A command of ours is a command wherever it is typed; any other text in reply to a prompt is an answer.
    routes.message.register(explain_command_in_reply, prompts.AnswersPrompt(by_command=True))
    routes.message.register(handle_reply, prompts.AnswersPrompt())
    command = Command("settings", ignore_case=True)
    routes.message.register(anonymous.ask_who, command, F.sender_chat)
    routes.message.register(handle_settings, command)
    routes.message.register(handle_help, Command("help", ignore_case=True))
    routes.message.register(groups.open_picked, F.chat_shared.request_id == groups.PICKER)
    routes.message.register(log_chat.take_picked, F.chat_shared)
    linked = CommandStart(deep_link=True, magic=F.args.startswith("s_"))
    routes.message.register(opening.open_linked, F.chat.type == ChatType.PRIVATE, linked)
    for_log = CommandStart(deep_link=True, magic=F.args.regexp(log_chat.LINK))
    routes.message.register(log_chat.open_linked, F.chat.type == ChatType.PRIVATE, for_log)
    presses = Presses()
    routes.callback_query.register(presses.handle, Pressed(*presses.viewing, *presses.changing))
    return routes


class ProvideServices(BaseMiddleware):
    """Gives the handlers of the settings their `services`."""

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """Collect them once a handler was found."""
        names = ("bot", "outbox", "configs", "known_names", "known_topics", "known", "privacy", "announcer")
        data["services"] = Services(*(data[name] for name in (*names, "languages", "update_id")))
        return await handler(event, data)


class Presses:
    """The handlers of buttons: `viewing` takes the right to see settings, `changing` the right to change them."""

    def __init__(self) -> None:
        self.viewing: Mapping[Action, PressHandler] = {
            Action.OPEN: opening.open_own_view,
            Action.OPEN_STAYING: opening.open_own_view,
            Action.CARRY_OUT: anonymous.carry_out,
            Action.HOME: navigation.show_home,
            Action.SECTION: navigation.show_section,
            Action.EDITOR: navigation.show_editor,
            Action.BUTTON: button_editor.show_button,
            Action.PREVIEW: previewing.show_preview,
            Action.MORE: navigation.show_more,
            Action.CANCEL: navigation.close_screen,
            Action.CLOSE: navigation.close_screen,
            Action.HISTORY: history.show_history,
            Action.CHATS: groups.show_groups,
            Action.PICK: groups.pick_group,
            Action.EXPORT: files.export_by_press,
            Action.CARD: posting.show_card_by_press,
            Action.BLOCK: block.show_block,
            Action.CHECK: check_by_press,
            Action.ASK_ERASE: erasing.ask_erase,
            Action.ERASE: erasing.erase,
        }
        self.changing: Mapping[Action, PressHandler] = {
            Action.SET: editing.set_value,
            Action.DEFAULT: editing.take_default,
            Action.CHANGE_BUTTON: button_editor.change_button,
            Action.TYPE: prompts.ask_for_value,
            Action.COPY_TEXT: prompts.ask_with_copy,
            Action.ASK_RESET: navigation.ask_reset,
            Action.RESET: editing.reset_all,
            Action.UNDO: history.undo_listed,
            Action.REVERT: history.undo_announced,
            Action.TAKE_BACK: history.undo_saved,
            Action.MAKE_AGAIN: history.undo_saved,
            Action.PICK_LOG: log_chat.choose,
            Action.IMPORT: files.ask_for_file,
            Action.COPY: copying.show_sources,
            Action.COPY_FROM: copying.preview_copy,
            Action.APPLY: applying.apply,
            Action.POST: posting.Posting().post_card,
        }

    async def handle(self, query: CallbackQuery, press: Press, services: Services) -> None:
        """Ask for the presser's rights, then do what the button means."""
        action, meant = Action(press.action), press._replace(value=press.value.removesuffix(SURE))
        ctx = await services.open_for_presser(query, meant, change=action in self.changing)
        try:
            handler = self.changing.get(action) or self.viewing[action]
            await handler(query, replace(ctx, sure=press.value != meant.value))
        except AsksFirst as asked:
            show_question(query, ctx, partial(ask_first, asked=asked, press=meant))


async def handle_reply(message: Message, press: Press, services: Services) -> None:
    """Take the reply to a prompt, if its author may change the settings that the prompt asks for."""
    ctx = replace(await services.open_for_author(message, press.chat_id, change=True), press=press)
    prompts.require_fresh(message, ctx)
    await (files.take_file if press.value == prompts.FOR_FILE else prompts.take_value)(message, ctx)


async def explain_command_in_reply(message: Message, press: Press, services: Services) -> None:
    """A command is a command, also in reply to a prompt; say how to set a text that looks like one."""
    setting = settings().get(press.key)
    if setting is not None and setting.kind.markup:
        prompts.explain_command(services, message, setting)
    raise SkipHandler
