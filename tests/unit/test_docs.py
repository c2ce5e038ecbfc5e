"""What the documents take from the code is current."""

from __future__ import annotations

from bot.settings import settings
from scripts import settings_page


def test_the_page_of_settings_is_current() -> None:
    assert settings_page.PATH.read_text(encoding="utf-8") == settings_page.settings_page(), "write it anew: make docs"


def test_every_setting_that_people_see_stands_on_its_page() -> None:
    page = settings_page.settings_page()
    for key, one in settings().items():
        assert (f"\n| `{key}`<br>" in page) == one.shown
