"""The two families of errors: what is said to a person and what is said to the operator.

BotError             said to the person who asked; no error in the log
├── Refused          what they typed, pressed or sent cannot be accepted
│   └── Ambiguous    what they typed may mean several values, which become buttons
├── NotAllowed       they may not do that in this chat
├── Overtaken        somebody changed the same settings meanwhile
└── Unavailable      the database did not take it; nothing was changed
StartupError         said to the operator in one line on stderr; exit code 1
"""

from __future__ import annotations


class BotError(Exception):
    """A sentence for the person who asked.

    `message` is a gettext message id with `{named}` places for `values`; whoever answers puts it into the person's
    language. A value is plain text and is escaped there, or a function that returns it in given words.
    """

    def __init__(self, message: str, /, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


class Refused(BotError):
    """What the person typed, pressed or sent cannot be accepted; the sentence says what would be."""


class Ambiguous(Refused):
    """What the person typed may mean several values: `candidates`, the likeliest first.

    The sentence names them for answers without buttons.
    """

    def __init__(self, message: str, /, *, candidates: tuple[str, ...], **values: object) -> None:
        super().__init__(message, **values)
        self.candidates = candidates


class NotAllowed(BotError):
    """The person may not do that in this chat."""


class Overtaken(BotError):
    """Somebody changed the same settings meanwhile, so doing this would silently undo their change.

    `keys` are the settings concerned, `revision` the newest change of one of them, `changed_by` who made it (a
    Telegram user id, or None where nobody is on record), and whether they did so in the name of the group.
    """

    def __init__(
        self,
        message: str,
        /,
        *,
        keys: tuple[str, ...],
        revision: int,
        changed_by: int | None,
        anonymous: bool = False,
        **values: object,
    ) -> None:
        super().__init__(message, **values)
        self.keys = keys
        self.revision = revision
        self.changed_by = changed_by
        self.anonymous = anonymous


class Unavailable(BotError):
    """The database did not answer in time or refused; nothing was changed."""


class StartupError(Exception):
    """One plain sentence for the operator: what is wrong and what to do. Never contains a secret."""
