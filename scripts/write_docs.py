"""Writes what the documents take from the code: docs/settings.md and docs/settings.schema.json. `make docs`."""

from __future__ import annotations

import json

from bot.features.settings.transfer.portable import json_schema
from scripts import settings_page


def main() -> None:
    """Write both files anew."""
    settings_page.PATH.write_text(settings_page.settings_page(), encoding="utf-8")
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    settings_page.PATH.with_name("settings.schema.json").write_text(f"{schema}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
