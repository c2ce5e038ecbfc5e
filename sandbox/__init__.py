"""Telegram's Bot API on your own machine, with people to play with. See README.md."""

from .box import Sandbox
from .deeds import Group
from .person import Person
from .seen import Answer, Press, Seen
from .world import CannotError, Clock

__all__ = ["Answer", "CannotError", "Clock", "Group", "Person", "Press", "Sandbox", "Seen"]
