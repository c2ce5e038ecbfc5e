"""Telegram's rules without HTTP: people, chats, messages, rights, updates."""

from sandbox.world.clock import Clock
from sandbox.world.errors import ApiError, CannotError
from sandbox.world.state.users import User
from sandbox.world.state.world import Rules, World

__all__ = ["ApiError", "CannotError", "Clock", "Rules", "User", "World"]
