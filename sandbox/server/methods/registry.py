"""Which methods of the Bot API the sandbox models, and by which function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.world import World

Parameters = dict[str, Any]
Method = Callable[[World, Parameters], Any]
METHODS: dict[str, Method] = {}


def method(*names: str) -> Callable[[Method], Method]:
    """Register a function under the method's names; it returns the value of `result` (a `Message` is converted)."""

    def keep(function: Method) -> Method:
        for name in names:
            METHODS[name] = function
        return function

    return keep
