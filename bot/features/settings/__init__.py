"""The settings of a chat as people see them: menu, commands, history, export, import and copy."""

from bot.features.settings.routes import router

__all__ = ["router"]
