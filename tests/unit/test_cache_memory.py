"""How much the memory of configurations takes: the bound in bytes is only as good as the estimate."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.settings import ChatConfig
from bot.storage.configs.memory import Memory
from bot.storage.configs.revisions import Stored


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"welcome": "everyone"},
        {"welcome": "everyone", "clean_joins": True, "timezone": "Europe/Berlin"},
        {"welcome_text": "x" * 1_000},
        {"welcome_text": "ж" * 1_000},
        {"rules_text": "😀" * 3_000},
    ],
)
def test_the_estimate_is_right_within_a_third(chosen: dict[str, Any]) -> None:
    document, memory = json.dumps(chosen), Memory(10**6, 10**9)
    tracemalloc.start()
    try:
        for number in range(2_000):
            _remember(memory, -1_001_234_500_000 - number, json.loads(document))
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.75 < memory._bytes / used < 1.33


def _remember(memory: Memory, chat_id: int, chosen: dict[str, Any]) -> None:
    stored = Stored(
        chat_id=int(str(chat_id)),  # as it comes from the database: another object than the id asked by
        revision=1 if chosen else 0,
        chosen=chosen,
        config=ChatConfig.tolerant(chosen)[0],
        updated_at=datetime.now(UTC) if chosen else None,
        left_at=None,
    )
    memory.put(chat_id, stored, epoch=1)
