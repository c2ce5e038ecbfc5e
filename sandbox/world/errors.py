"""Errors: refusals with Telegram's codes and texts."""

from __future__ import annotations

__all__ = ["ApiError", "CannotError", "bad_request", "conflict", "flood", "forbidden", "migrated"]


class ApiError(Exception):
    """A refusal of a bot's request, as the Bot API words it.

    `code` is the HTTP status and `error_code`, `description` the text after it, `parameters` what goes into
    `ResponseParameters` (`retry_after` in seconds, `migrate_to_chat_id`).
    """

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class CannotError(Exception):
    """Telegram's app does not offer that to this person: a mistake in the test or a button the page should not show."""


def bad_request(text: str) -> ApiError:
    """A 400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    """A 403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    """A 409 with Telegram's prefix."""
    return ApiError(409, f"Conflict: {text}")


def flood(seconds: int) -> ApiError:
    """A 429 that asks for a pause of so many whole seconds."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def migrated(new_id: int) -> ApiError:
    """The refusal for a group that was upgraded to the supergroup `new_id`."""
    return ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=new_id)
