"""Tries the token and the way to the Bot API server, with two calls that change nothing; needs no aiogram."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientSession,
    ClientTimeout,
)

from bot.commandline.findings import Finding, clock
from bot.environment import Environment

SECONDS = 15.0

RECENT_SECONDS = 600.0
"""An error of the webhook that is older was overcome."""

MANY_WAITING = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: HTTP status, the JSON object or None, and by how much its clock is before ours."""

    status: int
    content: dict[str, Any] | None
    seconds_ahead: float | None

    @property
    def result(self) -> dict[str, Any]:
        """The result of a call that succeeded; empty otherwise."""
        result = (self.content or {}).get("result")
        return result if isinstance(result, dict) else {}


async def telegram_findings(environment: Environment) -> AsyncGenerator[Finding]:
    """Say whether Telegram can be reached and takes the token, whose it is, and what stands in the way of polling."""
    server = environment.bot_api_url
    async with ClientSession(timeout=ClientTimeout(total=SECONDS)) as session:
        url = f"{server}/bot{environment.bot_token.get_secret_value()}"
        try:
            me = await _asked(session, f"{url}/getMe")
            webhook = await _asked(session, f"{url}/getWebhookInfo")
        except (OSError, ClientError) as error:
            yield Finding("wrong", unreachable(server, error))
            return
    yield token_finding(server, me)
    if me.result.get("can_join_groups") is False:
        yield Finding("note", "The bot cannot be added to groups: @BotFather allows it by /setjoingroups.")
    for finding in webhook_findings(environment.webhook_url, webhook.result, time.time()):
        yield finding
    if me.seconds_ahead is not None:
        yield clock("Telegram", me.seconds_ahead)


def webhook_findings(wanted: str | None, info: Mapping[str, Any], now: float) -> Iterator[Finding]:
    """Say what Telegram knows of the webhook, and whether it can deliver."""
    known = info.get("url", "")
    if wanted is None:
        if known:
            yield Finding("note", "A webhook is set for this token; the bot removes it when it starts, as it polls.")
        return
    if not known:
        yield Finding("note", "No webhook is set yet; the bot sets WEBHOOK_URL when it starts.")
    elif known != wanted:
        yield Finding("note", "Telegram delivers to another URL than WEBHOOK_URL; the bot changes that when it starts.")
    if known == wanted and now - info.get("last_error_date", 0) < RECENT_SECONDS:
        said = str(info.get("last_error_message", "it says not why")).rstrip(".")
        yield Finding(
            "wrong",
            f"Telegram could not deliver to WEBHOOK_URL ({said}): look whether a process of the bot runs, whether the "
            "proxy leads that path to its PORT, and whether the certificate is valid.",
        )
    elif known == wanted:
        yield Finding("ok", "Webhook: Telegram delivers to WEBHOOK_URL.")
    waiting = info.get("pending_update_count", 0)
    if waiting >= MANY_WAITING:
        yield Finding("note", f"{waiting} updates wait at Telegram.")


def token_finding(server: str, me: Answer) -> Finding:
    """Say what the answer to getMe means."""
    if me.result.get("username"):
        return Finding("ok", f"Telegram: the token is that of @{me.result['username']}.")
    if me.status in {401, 404} and me.content is not None:
        return Finding(
            "wrong", "Telegram refuses BOT_TOKEN: it is wrong or was revoked; copy the present one from @BotFather."
        )
    return Finding(
        "wrong",
        f"{server} answers with HTTP {me.status} and not as a Bot API server: correct BOT_API_URL, or wait where it "
        "is Telegram's own.",
    )


def unreachable(server: str, error: Exception) -> str:
    """Return the sentence for a server that cannot be asked. The error's own words may hold the token."""
    if isinstance(error, ClientConnectorCertificateError):
        return f"The certificate of {server} cannot be verified: correct BOT_API_URL, or this machine's certificates."
    if isinstance(error, ClientConnectorSSLError):
        return f"{server} does not speak TLS: correct BOT_API_URL; a server of your own may be one of http://."
    reason = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    if isinstance(error, ClientConnectorError):
        number = error.os_error.errno
        reason = os.strerror(number) if number and number in errno.errorcode else error.os_error.strerror or reason
    return (
        f"Telegram cannot be reached at {server} ({reason}): look at BOT_API_URL, and whether this host lets "
        "connections out."
    )


async def _asked(session: ClientSession, url: str) -> Answer:
    asked_at = time.time()
    async with session.get(url, allow_redirects=False) as response:
        text = await response.text(errors="replace")
        date = response.headers.get("Date")
    try:
        content = json.loads(text)
        ahead = parsedate_to_datetime(date).timestamp() - (asked_at + time.time()) / 2 if date else None
    except ValueError:
        content, ahead = None, None
    return Answer(response.status, content if isinstance(content, dict) else None, ahead)
