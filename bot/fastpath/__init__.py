"""The only place that uses private parts of other libraries. Each alone saves about a quarter of an answer's CPU
time, or more.

`FAST_PATH=off` switches to the libraries' ordinary way. So does another version than the one a part was written for.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import version

logger = logging.getLogger(__name__)

WRITTEN_FOR = {"aiogram": "3.31.0", "aiohttp": "3.14.5"}
"""Versions of the libraries whose private parts are used; requirements.in pins the same ones."""


@cache
def supported() -> bool:
    """Whether the installed libraries are the ones this was written for; logs a warning, once, when they are not."""
    for library, wanted in WRITTEN_FOR.items():
        installed = version(library)
        if installed != wanted:
            logger.warning("The fast path is off: it needs %s %s, and %s is installed.", library, wanted, installed)
            return False
    return True
