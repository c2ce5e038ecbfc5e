"""`python -m bot` without Telegram's rate limits, which would be all that is measured (30 messages a second).

With PROFILE=FILE a profile of what happens between SIGUSR1 and SIGUSR2 is written there.
"""

from __future__ import annotations

import cProfile
import os
import signal
import sys
from collections.abc import Hashable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.client import rate_limits


class NoLimit(rate_limits.SlidingWindow):
    def free_at(self, now: float) -> float:
        return now

    def count(self, at: float) -> None: ...


def for_all() -> rate_limits.SlidingWindow:
    return NoLimit(1, 1.0)


def for_chat(chat: Hashable) -> Iterable[rate_limits.SlidingWindow]:  # noqa: ARG001 - called by name elsewhere
    return ()


rate_limits.for_all, rate_limits.for_chat = for_all, for_chat

from bot.__main__ import main  # noqa: E402

if __name__ == "__main__":
    file, profile = os.environ.get("PROFILE"), cProfile.Profile()
    if file is not None:
        signal.signal(signal.SIGUSR1, lambda *_: profile.enable())
        signal.signal(signal.SIGUSR2, lambda *_: profile.disable())
    code = main(["run"])
    if file is not None:
        profile.dump_stats(file)
    sys.exit(code)
