"""What a log line may say about an error: its class and its place, never its words.

Telegram, pydantic, asyncpg and aiogram quote people's messages, names and rows in what they say. `RedactingFormatter`
applies this to every exception in a record, whichever library logs it.
"""

from __future__ import annotations

import asyncio
import errno
import re
import sysconfig
import traceback
from types import CodeType, FrameType
from typing import Any

_LIBRARIES = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))

# Of Telegram's descriptions only these parts are repeated; the rest may quote what somebody wrote.
_DESCRIPTIONS = re.compile(
    "chat not found|user not found|group chat was upgraded|message to (?:delete|edit|be replied) not found"
    "|message (?:can't be deleted|can't be edited|is not modified|is too long|text is empty)|can't parse entities"
    "|not enough rights|have no rights|need administrator rights|bot was (?:blocked|kicked)|bot is not a member"
    "|user is deactivated|query is too old|wrong file identifier|terminated by other getUpdates"
)


def described(error: BaseException) -> str:
    """Return the class of an error and what is safe to know beside it, for a line of the log."""
    method = getattr(getattr(error, "method", None), "__api_method__", None)
    description = _DESCRIPTIONS.search(str(getattr(error, "message", "")))
    number = getattr(error, "errno", None)
    known = [
        method if isinstance(method, str) else None,
        description[0] if description else None,
        getattr(error, "sqlstate", None),
        errno.errorcode.get(number) if isinstance(number, int) else None,
        type(error.__cause__).__name__ if error.__cause__ is not None else None,
    ]
    details = ", ".join(str(one) for one in known if one)
    return f"{type(error).__name__} ({details})" if details else type(error).__name__


def described_with_places(error: BaseException) -> str:
    """Return the tracebacks of an error and of its causes, each ending with `described`."""
    parts: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        inner = [described_with_places(one) for one in each.exceptions] if isinstance(each, BaseExceptionGroup) else []
        parts.append("".join([*traceback.format_tb(each.__traceback__), "\n".join([described(each), *inner])]))
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "\nwhich led to\n".join(reversed(parts))


def place(task: asyncio.Task[Any]) -> str:
    """Return where a suspended task waits: our own functions on the way there, the innermost last."""
    names = []
    waiting: Any = task.get_coro()
    while waiting is not None:
        code: CodeType | None = getattr(waiting, "cr_code", None)
        frame: FrameType | None = getattr(waiting, "cr_frame", None)
        if code is not None and not code.co_filename.startswith(_LIBRARIES):
            names.append(f"{code.co_qualname}:{frame.f_lineno if frame else code.co_firstlineno}")
        waiting = getattr(waiting, "cr_await", None)
    return " > ".join(names[-4:]) or "an unknown place"
