"""Which press, command or reply goes to which handler."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.enums import ChatType
from aiogram.filters import Command, CommandStart

from bot.features.settings import chats, commands, diagnosis, erasing, history, menu, posting, screens, transfer, typed
from bot.features.settings.view import Viewing
from bot.telegram.callback_data import OPEN


def router() -> Router:
    """Return the routes of the settings."""
    routes = Router(name="settings")
    # What is typed at a question of ours is an answer, even if it looks like a command.
    routes.message.register(typed.reply_to_prompt, typed.AnswersPrompt())
    routes.message.register(transfer.file_as_reply, typed.AnswersPrompt(transfer.IMPORT_PROMPT))
    _register_presses(routes)
    routes.include_routers(_commands(), _ways_in())
    return routes


def _commands() -> Router:
    """Return the routes of `/settings …`; what it is is found out once for all of them."""
    routes = Router(name="/settings")
    routes.message.filter(Command("settings"))
    hear = routes.message.register
    hear(menu.open_menu, commands.Asks(""))
    hear(menu.write_without_a_name, F.sender_chat)
    for word, handler in (
        ("history", history.list_history),
        ("undo", history.undo_last),
        ("reset", commands.reset),
        ("export", transfer.export_by_command),
        ("import", transfer.import_by_command),
        ("copy", transfer.copy_by_command),
        ("check", diagnosis.check_by_command),
        ("chats", chats.list_chats),
        ("card", posting.show_card_by_command),
    ):
        hear(handler, commands.Asks(word))
    hear(commands.explain_or_set)
    return routes


def _ways_in() -> Router:
    """Return the routes by which a group is chosen in the private chat."""
    routes = Router(name="chats")
    hear = routes.message.register
    hear(chats.open_picked, F.chat_shared)
    hear(
        chats.open_linked, F.chat.type == ChatType.PRIVATE, CommandStart(deep_link=True, magic=F.args.startswith("s_"))
    )
    return routes


def _register_presses(routes: Router) -> None:
    press = routes.callback_query.register
    press(menu.open_own_view, Viewing(OPEN))
    press(menu.show_home, Viewing(screens.HOME))
    press(menu.show_section, Viewing(screens.SECTION))
    press(menu.show_editor, Viewing(screens.EDITOR))
    press(menu.show_more, Viewing(screens.MORE))
    press(menu.set_value, Viewing(screens.SET, change=True))
    press(menu.take_default, Viewing(screens.DEFAULT, change=True))
    press(menu.ask_reset, Viewing(screens.ASK_RESET, change=True))
    press(menu.reset, Viewing(screens.RESET, change=True))
    press(menu.close_screen, Viewing(screens.CANCEL + screens.CLOSE))
    press(typed.ask, Viewing(screens.TYPE, change=True))
    press(history.show_history, Viewing(screens.HISTORY))
    press(history.undo_listed, Viewing(screens.UNDO, change=True))
    press(history.undo_announced, Viewing(screens.REVERT, change=True))
    press(chats.show_chats, Viewing(screens.CHATS))
    press(chats.pick_chat, Viewing(screens.PICK))
    press(transfer.export_by_press, Viewing(screens.EXPORT))
    press(transfer.ask_for_file, Viewing(screens.IMPORT, change=True))
    press(transfer.show_sources, Viewing(screens.COPY, change=True))
    press(transfer.preview_copy, Viewing(screens.COPY_FROM, change=True))
    press(transfer.apply, Viewing(screens.APPLY, change=True))
    press(erasing.ask_erase, Viewing(screens.ASK_ERASE))
    press(erasing.erase, Viewing(screens.ERASE))
    press(diagnosis.check_by_press, Viewing(screens.CHECK))
    press(posting.show_card_by_press, Viewing(screens.CARD))
    press(posting.Posting().post_card, Viewing(screens.POST, change=True))
