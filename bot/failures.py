"""What a log line may say about a handler that failed or hangs: where it was and what kind of error, never content."""

from __future__ import annotations

import asyncio
import sysconfig
from types import CodeType, FrameType
from typing import Any

_LIBRARIES = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))


class Failure(Exception):
    """Stands for an error in the log: its class and the first line of its message, at the place where it arose.

    pydantic, aiogram's `ClientDecodeError` and asyncpg quote people's messages and rows from the second line on.
    """

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Return the stand-in, its causes replaced likewise."""
        first_line = str(error).partition("\n")[0]
        failure = cls(f"{type(error).__name__}: {first_line}").with_traceback(error.__traceback__)
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        failure.__cause__ = None if cause is None else cls.of(cause)
        return failure


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
