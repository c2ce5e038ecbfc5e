"""What `check` says: one sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MOST_SECONDS_OFF = 30.0
"""More than this machine's clock may differ from others'; rounding and a slow answer stay well below."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence: something is right, is worth knowing, or is wrong; then the sentence says what to do."""

    kind: Literal["ok", "note", "wrong"]
    text: str


def clock(of_whom: str, seconds_ahead: float) -> Finding:
    """Compare somebody's clock with this machine's."""
    seconds = abs(seconds_ahead)
    if seconds <= MOST_SECONDS_OFF:
        return Finding("ok", f"Clock: like that of {of_whom}.")
    return Finding(
        "wrong",
        f"This machine's clock is {seconds:,.0f} s {'behind' if seconds_ahead > 0 else 'ahead of'} that of {of_whom}: "
        "have the one that is wrong set by a time server (NTP).",
    )
