"""A browser for each module, and in it the chat page of a sandbox for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio
from playwright.async_api import Browser

from sandbox import Sandbox
from tests.browsing import Looking, chromium_running, looking_at
from tests.sandbox.client import Client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for the whole module: it takes longer to start than a test to run."""
    async with chromium_running() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def telegram() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def api(telegram: Sandbox) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(telegram, session)


@pytest_asyncio.fixture(loop_scope="module")
async def looking(browser: Browser, telegram: Sandbox) -> AsyncIterator[Looking]:
    async with looking_at(browser, telegram) as found:
        yield found
