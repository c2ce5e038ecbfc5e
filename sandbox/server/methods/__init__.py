"""The methods of the Bot API that the sandbox models; importing this package registers them."""

from . import bot_profile, chats, editing, lookups, sending
from .registry import METHODS

__all__ = ["METHODS", "bot_profile", "chats", "editing", "lookups", "sending"]
