"""Telegram's Bot API on your own machine, with people that a test or a page plays. See README.md."""

from sandbox.people.group import Group
from sandbox.people.person import Person
from sandbox.people.screen import Answer, Press, Seen
from sandbox.sandbox import Sandbox
from sandbox.world import CannotError, Clock

__all__ = ["Answer", "CannotError", "Clock", "Group", "Person", "Press", "Sandbox", "Seen"]
