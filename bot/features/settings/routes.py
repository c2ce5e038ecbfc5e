"""Which press, command or reply goes to which handler."""

from __future__ import annotations

from aiogram import Router
from aiogram.filters import Command

from bot.features.settings import commands, history, menu, screens, typed
from bot.features.settings.view import Viewing


def router() -> Router:
    """Return the routes of the settings."""
    routes = Router(name="settings")
    routes.message.register(typed.reply_to_prompt, typed.AnswersPrompt())
    routes.message.register(menu.open_menu, Command("settings"), commands.Asks(""))
    routes.message.register(history.list_history, Command("settings"), commands.Asks("history"))
    routes.message.register(history.undo_last, Command("settings"), commands.Asks("undo"))
    routes.message.register(commands.reset, Command("settings"), commands.Asks("reset"))
    routes.message.register(commands.explain_or_set, Command("settings"))
    press = routes.callback_query.register
    press(menu.open_own_view, Viewing(screens.OPEN))
    press(menu.show_home, Viewing(screens.HOME))
    press(menu.show_section, Viewing(screens.SECTION))
    press(menu.show_editor, Viewing(screens.EDITOR))
    press(menu.set_value, Viewing(screens.SET, change=True))
    press(menu.take_default, Viewing(screens.DEFAULT, change=True))
    press(typed.ask, Viewing(screens.TYPE, change=True))
    press(menu.close_screen, Viewing(screens.CANCEL + screens.CLOSE))
    press(history.show_history, Viewing(screens.HISTORY))
    press(history.undo_listed, Viewing(screens.UNDO, change=True))
    return routes
