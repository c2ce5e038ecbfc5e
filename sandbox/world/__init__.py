"""Telegram's rules without HTTP: people, chats, messages, rights, updates."""

from .clock import Clock
from .errors import ApiError, CannotError
from .people import User
from .world import Rules, World

__all__ = ["ApiError", "CannotError", "Clock", "Rules", "User", "World"]
