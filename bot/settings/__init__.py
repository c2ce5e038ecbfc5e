"""The settings of a chat; the only place where a setting is written."""

from bot.settings.chat_config import ChatConfig, parts, require_captions, settings, visible_sections, visible_settings
from bot.settings.greetings import PLACEHOLDERS

__all__ = [
    "PLACEHOLDERS",
    "ChatConfig",
    "parts",
    "require_captions",
    "settings",
    "visible_sections",
    "visible_settings",
]
