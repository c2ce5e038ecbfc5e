"""Inline and reply keyboards: what Telegram refuses in them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sandbox.world.errors import bad_request
from sandbox.world.state.chats import Chat

KINDS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
)
STYLES = frozenset({"danger", "success", "primary"})
PRIVATE_ONLY = ("request_users", "request_chat", "request_contact", "request_location", "request_poll", "web_app")
MAX_BUTTONS = 100


def checked_markup(markup: dict[str, Any] | None, chat: Chat, *, ephemeral: bool = False) -> dict[str, Any] | None:
    """The markup as Telegram would store it (no empty rows), or a refusal. An empty inline keyboard is none at all."""
    if markup is None:
        return None
    if "inline_keyboard" in markup:
        return _checked_inline(markup, chat, ephemeral=ephemeral)
    if chat.type == "channel":
        raise bad_request("inline keyboard expected")
    if "keyboard" in markup:
        return {**markup, "keyboard": _checked_rows(markup["keyboard"], chat)}
    return markup


def _checked_inline(markup: dict[str, Any], chat: Chat, *, ephemeral: bool) -> dict[str, Any] | None:
    rows = [[_inline_button(button, chat, ephemeral=ephemeral) for button in row] for row in markup["inline_keyboard"]]
    rows = [row for row in rows if row]
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    if not rows and not markup.get("force_reply"):
        return None
    return {**markup, "inline_keyboard": rows}


def _inline_button(button: dict[str, Any], chat: Chat, *, ephemeral: bool) -> dict[str, Any]:
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    kinds = [kind for kind in KINDS if button.get(kind) is not None]
    if not kinds:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad_request("can't parse inline keyboard button: exactly one of the optional fields must be used")
    _check_style(button, "inline keyboard button")
    if kinds[0] == "callback_data" and not 1 <= len(button["callback_data"].encode(errors="replace")) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if kinds[0] == "copy_text" and not 1 <= len(button["copy_text"]["text"]) <= 256:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if kinds[0] in {"pay", "callback_game"}:
        raise bad_request("BUTTON_TYPE_INVALID")
    if (kinds[0] == "web_app" and chat.type != "private") or (kinds[0] == "login_url" and ephemeral):
        raise bad_request("BUTTON_TYPE_INVALID")
    if kinds[0] == "url":
        _check_url(button["url"])
    return button


def _check_style(button: dict[str, Any], what: str) -> None:
    if button.get("style") is not None and button["style"] not in STYLES:
        raise bad_request(f"can't parse {what}: invalid button style specified")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url if "://" in url or url.startswith("tg:") else f"http://{url}")
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme in {"tg", "ton"}:
        return
    if parts.scheme not in {"http", "https"} or "." not in host or " " in url.strip():
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _checked_rows(rows: list[list[dict[str, Any]]], chat: Chat) -> list[list[dict[str, Any]]]:
    for row in rows:
        for button in row:
            if not button["text"].strip():
                raise bad_request("keyboard button text must be non-empty")
            _check_style(button, "keyboard button")
            if chat.type != "private" and any(button.get(kind) for kind in PRIVATE_ONLY):
                raise bad_request("BUTTON_TYPE_INVALID")
    kept = [row for row in rows if row]
    if not kept:
        raise bad_request("object expected as reply markup")
    if sum(map(len, kept)) > 300:
        raise bad_request("reply markup is too long")
    return kept
