"""The settings of a chat; the only place where a setting is written."""

from bot.settings.chat_config import ChatConfig
from bot.settings.declared import declared, parts, require_captions, settings, visible_sections, visible_settings
from bot.settings.greetings import PLACEHOLDERS

__all__ = [
    "PLACEHOLDERS",
    "ChatConfig",
    "declared",
    "parts",
    "require_captions",
    "settings",
    "visible_sections",
    "visible_settings",
]
