"""The settings of a chat as people see them: menu, text commands, typed values, history and undo."""

from bot.features.settings.routes import router

__all__ = ["router"]
