"""The worked example of CONTRIBUTING, carried out on a copy of the bot: all that it promises follows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import bot

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"
LOOK = """
import json
from aiogram import Dispatcher
from aiogram.types import User
from bot.features import cheering as feature
from bot.features.settings.menu import editors, screens
from bot.features.settings.transfer import portable
from bot.features.settings.view import View
from bot.kinds import Section
from bot.settings import ChatConfig, settings
from bot.settings.example import cheering
from bot.storage.configs.revisions import Stored
from bot.updates.prefilter import Plans, Prefilter
from bot.words import Catalogues

typed = {
    "loud": "an", "cheers": "3", "cheer": "bravo", "toast": "Prost, { name }!", "toast_after": "10 Minuten",
    "feast_zone": "Tokio", "feast_hours": "von 22 bis 7 Uhr",
}
words = Catalogues().words("de")
values = {key: settings()[key].kind.parse(text, words) for key, text in typed.items()}
config, refused = ChatConfig.tolerant(values)
assert not refused
anna = User(id=1, is_bot=False, first_name="Anna")
view = View(Stored(-100, 1, values, config, None, None), words, "Club", anna, editable=True)
dispatcher = Dispatcher(disable_fsm=True)
dispatcher.include_router(feature.router())
plans = Plans(dispatcher)


def wants(config, **message):
    plan = plans.of(Stored(-100, 1, {}, config, None, None))
    return Prefilter(plans, lambda _: plan).wants({"update_id": 1, "message": {"chat": {"id": -100}, **message}})


title, text = {"new_chat_title": "Club"}, {"text": "Hi"}
shown = {
    "wanted": [wants(config, **title), wants(config, **text), wants(ChatConfig(), **title)],
    "said": cheering(config, words, "Ben"),
    "plain": cheering(ChatConfig(cheers=2), words, "Ben"),
    "section": screens.section(view, Section.RULES).text,
    "editors": [editors.editor(view, settings()[key]).text for key in typed],
    "explained": [editors.explanation(view, settings()[key]).text for key in typed],
    "back": dict(portable.read(portable.export(values, view.settings), view.settings, 42, -1).values) == values,
}
print(json.dumps(shown))
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder with a copy of the bot in which the example was followed."""
    section = CONTRIBUTING.read_text(encoding="utf-8").partition("## Add a setting\n")[2].partition("\n## ")[0]
    declared, used, said = re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)
    routed = CONTRIBUTING.read_text(encoding="utf-8").partition("## Add a feature\n")[2].split("```")[1]
    copied = tmp_path / "bot"
    shutil.copytree(Path(bot.__file__).parent, copied, ignore=shutil.ignore_patterns("__pycache__"))
    imports, _, fields = declared.partition("\n\n")
    file = copied / "settings" / "chat_config.py"
    source = file.read_text(encoding="utf-8")
    before, classmethod_, after = source.partition("    @classmethod\n    def tolerant")
    future, line, rest = before.partition("from __future__ import annotations\n")
    file.write_text(f"{future}{line}{imports}\n{rest}{fields}\n{classmethod_}{after}", encoding="utf-8")
    names = "from bot.settings import ChatConfig\nfrom bot.words import Words\n\n"
    (copied / "settings" / "example.py").write_text(names + used, encoding="utf-8")
    feature = "from bot.settings.example import cheering\n" + routed.removeprefix("python\n")
    (copied / "features" / "cheering.py").write_text(feature, encoding="utf-8")
    catalogue = copied / "locales" / "de" / "LC_MESSAGES" / "bot.po"
    with catalogue.open("a", encoding="utf-8") as opened:
        opened.write("\n" + said)
    with catalogue.open("rb") as opened, catalogue.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, read_po(opened, locale="de"))
    return tmp_path


def test_one_declaration_one_use_and_one_line_a_language_are_all(example: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(example), "PYTHONIOENCODING": "utf-8"}
    found = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", LOOK], cwd=example, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    shown = json.loads(found.stdout)
    assert shown["said"] == "Prost, Ben! BRAVO BRAVO BRAVO (600 s, 22:00-07:00 Asia/Tokyo)"
    assert shown["plain"] == " hurra hurra (60 s, off UTC)"
    assert "<b>Laut</b>: an" in shown["section"]
    assert "<b>Feast hours</b>: 22:00–07:00" in shown["section"], "an untranslated sentence is said in English"
    assert all(len(shown[name]) == 7 for name in ("editors", "explained"))
    assert any("I cheer in capitals." in text for text in shown["editors"])
    assert shown["back"]
    assert shown["wanted"] == [True, False, False], "the feature gets what it is about, in chats that chose it"
