"""A small world for rule tests: no server, no HTTP, a clock that stands still."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Clock, Group, Person, Sandbox
from sandbox.server.methods import METHODS
from sandbox.world import ApiError
from sandbox.world.state.chats import Message


class Rules:
    """Anna owns a supergroup with Ben in it; the bot is what `bot` says."""

    def __init__(self, bot: Any = "member", kind: str = "supergroup", **options: Any) -> None:
        self.sandbox = Sandbox(clock=Clock(1_800_000_000, frozen=True), **options)
        self.world = self.sandbox.world
        self.anna, self.ben = self.sandbox.person("Anna", username="anna"), self.sandbox.person("Ben")
        make = self.sandbox.group if kind == "group" else self.sandbox.supergroup
        self.group: Group = make("Books", owner=self.anna, members=[self.ben], bot=bot)

    def bot(self, method: str, /, **parameters: Any) -> Any:
        """What a method does, as its function, after the parameters were checked."""
        result = METHODS[method](self.world, parameters)
        return result.to_api() if isinstance(result, Message) else result

    def refused(self, method: str, /, **parameters: Any) -> str:
        with pytest.raises(ApiError) as refusal:
            self.bot(method, **parameters)
        return f"{refusal.value.code} {refusal.value.description}"

    def say(self, text: str = "hello", **parameters: Any) -> dict[str, Any]:
        """The bot writes in the group."""
        found: dict[str, Any] = self.bot("sendMessage", chat_id=self.group.id, text=text, **parameters)
        return found

    def news(self) -> list[dict[str, Any]]:
        """The updates that wait, confirmed."""
        import json

        found = [json.loads(update.encoded) for update in self.world.updates.first(1000)]
        self.world.updates.clear()
        return found

    def kinds(self) -> list[str]:
        return [next(key for key in update if key != "update_id") for update in self.news()]

    def person(self, name: str) -> Person:
        return self.sandbox.person(name)
