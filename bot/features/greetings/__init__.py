"""Greetings: a welcome for people who join and a goodbye for people who leave."""

from bot.features.greetings.handlers import router
from bot.features.greetings.topics import TopicNotes

__all__ = ["TopicNotes", "router"]
