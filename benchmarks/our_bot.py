"""`python -m bot` without rate limits and shares, which would be all that is measured (30 messages a second, for one).

With PROFILE=FILE a profile of what happens between SIGUSR1 and SIGUSR2 is written there.
"""

from __future__ import annotations

import cProfile
import os
import signal
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.client import rate_limits
from bot.updates import shares


class NoLimit(rate_limits.SlidingWindow):
    def free_at(self, now: float, ahead: int = 0) -> float:
        return now


class NoBucket(rate_limits.TokenBucket):
    def free_at(self, now: float, ahead: int = 0) -> float:
        return now


# A thousand people send twenty commands each within seconds; they are counted, and none is too much.
rate_limits.SlidingWindow, rate_limits.TokenBucket = NoLimit, NoBucket
shares.ShareLimits = partial(shares.ShareLimits, commands=(10**9, 1.0), presses=(10**9, 1.0))

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
