"""The catalogues of words are complete, up to date, and say the same with the same placeholders."""

from __future__ import annotations

import ast
import gettext
import io
import re
import string
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import bot
from bot.kinds import markup
from bot.words import LOCALES, NAMES, Catalogues, folded
from bot.words.dates import MONTHS
from bot.words.directions import runs_right_to_left

BOT = Path(bot.__file__).parent
TEMPLATE = LOCALES / "bot.pot"
KEYWORDS = {"N_": None, "count": (1, 2)}
TRANSLATIONS = sorted(LOCALES.glob("*/LC_MESSAGES/bot.po"))
Id = str | tuple[str, ...]
# The sign at the end of a sentence, and what other scripts have for it.
ENDS = {".": ".!?:।۔。؟", "?": "?؟？.", "!": "!！.", ":": ":：.?؟"}

# Where people are spoken to; the rest speaks to Telegram, to PostgreSQL and to the operator.
SPEAKING = [
    *sorted((BOT / "settings").rglob("*.py")),
    *sorted((BOT / "features").rglob("*.py")),
    *sorted((BOT / "kinds").rglob("*.py")),
    *(
        BOT / "telegram" / f"{name}.py"
        for name in (
            "access",
            "bot_rights",
            "callback_data",
            "commands",
            "error_replies",
            "forwarded",
            "screens",
            "too_fast",
        )
    ),
]
NOT_SAID = {
    "Be kind",  # an example of what a person could type
    "too big",  # what Telegram says of a file
    "Settings of a chat",  # the title of the JSON Schema
}


def placeholders(text: str) -> set[str]:
    """The names in braces; raises ValueError for braces that do not match."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def ids(catalogue: Catalog) -> set[Id]:
    return {message.id if isinstance(message.id, str) else tuple(message.id) for message in catalogue if message.id}


def template() -> Catalog:
    with TEMPLATE.open("rb") as file:
        return read_po(file)


def translation(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale=file.parent.parent.name)


def forms(text: Id | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


@cache
def forms_of_one_number(rule: str) -> set[int]:
    """The plural forms that stand for one number only, which may be said without it: the dual of Arabic."""
    form_of = gettext.c2py(rule)
    numbers = Counter(map(form_of, range(1_000)))
    return {form for form, count in numbers.items() if count == 1}


def test_the_template_holds_every_sentence_of_the_code_and_no_other() -> None:
    in_code = {
        message if isinstance(message, str) else tuple(message)
        for _, _, message, _, _ in extract_from_dir(BOT, keywords=KEYWORDS)
    }
    missing, stale = in_code - ids(template()), ids(template()) - in_code
    assert not missing, f"bot.pot lacks {sorted(map(str, missing))[:5]} ...: run make words"
    assert not stale, f"bot.pot still has {sorted(map(str, stale))[:5]} ...: run make words"


def test_every_sentence_of_the_source_can_be_filled_in_and_is_html_telegram_takes() -> None:
    for message in template():
        for text in forms(message.id) if message.id else ():
            placeholders(text)
            markup.visible(text)


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.parent.parent.name)
def test_a_translation_is_complete_with_the_placeholders_and_tags_of_the_source(file: Path) -> None:
    catalogue = translation(file)
    assert ids(catalogue) == ids(template()), "run make words"
    lacking = [message.id for message in catalogue if message.id and not all(forms(message.string))]
    where = file.relative_to(BOT.parent)
    assert not lacking, f"{len(lacking)} sentences of {where} are not translated, first {lacking[:9]}"
    for message in catalogue:
        if message.id:
            _require_alike(message, catalogue)


def _require_alike(message: Message, catalogue: Catalog) -> None:
    assert not message.fuzzy, f"{message.id!r} is marked as unsure"
    source = forms(message.id)
    assert len(forms(message.string)) == (catalogue.num_plurals if message.pluralizable else 1), message.id
    for form, text in enumerate(forms(message.string)):
        without = {"n"} if message.pluralizable and form in forms_of_one_number(catalogue.plural_expr) else set()
        assert placeholders(text) | without == placeholders(source[-1]) | without, message.id
        assert sorted(re.findall(r"</?[a-z][^>]*>", text)) == sorted(re.findall(r"</?[a-z][^>]*>", source[-1])), text
        assert re.findall(r"/[a-z]{3,}", text) == re.findall(r"/[a-z]{3,}", source[-1]), "commands stay as they are"
        assert text[-1:] in ENDS.get(source[-1][-1:], text[-1:]), f"{text!r} lacks the sign at its end"
        markup.visible(text)


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.parent.parent.name)
def test_a_catalogue_has_the_plural_forms_of_its_language(file: Path) -> None:
    catalogue, usual = translation(file), Catalog(locale=file.parent.parent.name)
    assert (catalogue.num_plurals, catalogue.plural_expr) == (usual.num_plurals, usual.plural_expr)


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.parent.parent.name)
def test_months_have_the_form_that_stands_in_a_date(file: Path) -> None:
    catalogue, locale = translation(file), Locale.parse(file.parent.parent.name)
    for number, name in enumerate(MONTHS, 1):
        assert folded(str(catalogue[name].string)) == folded(locale.months["format"]["wide"][number])


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.parent.parent.name)
def test_arrows_point_where_the_language_runs(file: Path) -> None:
    catalogue = translation(file)
    to_the_left = runs_right_to_left(str(catalogue[NAMES].string))
    for message in catalogue:
        for text in forms(message.string) if message.id else ():
            assert ("→" if to_the_left else "←") not in text, text


def test_no_placeholder_stands_in_code_where_marks_of_direction_would_be_copied() -> None:
    for message in template():
        for text in forms(message.id) if message.id else ():
            assert not re.search(r"<(code|pre)>[^<]*\{", text), text


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.parent.parent.name)
def test_the_compiled_catalogue_is_that_of_the_translation(file: Path) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, translation(file))
    assert file.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run make words"


def test_every_catalogue_is_compiled() -> None:
    names = {file.parent.parent.name for file in TRANSLATIONS}
    assert {"en", *(name.lower().replace("_", "-") for name in names)} == set(Catalogues().languages)


@pytest.mark.parametrize("file", SPEAKING, ids=lambda file: str(file.relative_to(BOT)))
def test_no_sentence_for_people_bypasses_the_catalogue(file: Path) -> None:
    bypassing = list(unmarked(ast.parse(file.read_text(encoding="utf-8"))))
    assert not bypassing, f"mark these with N_: {bypassing}"


SAYS = {"words", "plain", "spoken", "Refused", "NotAllowed", "Overtaken", "Unavailable"}
SILENT = {"StartupError", "TypeError", "ValueError", "compile", "fetch", "fetchrow", "fetchval", "execute"}
SENTENCE = re.compile(r"[^\W\d_]{2,}[ ,;:]+[^\W\d_]{2,}")
# Tags, and commands with what follows them, are the same in every language.
NO_WORDS = re.compile(r"<[^>]*>?|/[a-z]+( [a-z_]+)?")


def unmarked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Sentences that are neither marked, nor docstrings, nor said to somebody else; literals that are said unmarked."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        if not isinstance(node, ast.Call):
            continue
        name, owner = called(node)
        first = node.args[0] if node.args else None
        if name in SAYS and isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value:
            yield node.lineno, first.value
        if owner == "words" and name == "count":
            yield from ((node.lineno, "count takes literals") for one in node.args[:2] if isinstance(one, ast.Call))
        if name in {"N_", "count"} | SILENT or owner in {"log", "logger"}:
            passed |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in passed:
            continue
        if node.value not in NOT_SAID and SENTENCE.search(NO_WORDS.sub("", node.value)):
            yield node.lineno, node.value


def called(node: ast.Call) -> tuple[str, str]:
    match node.func:
        case ast.Name(id=name):
            return name, ""
        case ast.Attribute(attr=name, value=ast.Name(id=owner)):
            return name, owner
        case ast.Attribute(attr=name):
            return name, ""
    return "", ""


def test_the_search_for_bypassing_sentences_finds_them() -> None:
    source = '''
def f(words, log):
    """This is a docstring."""
    log.info("said to the operator, not to people")
    words(N_("Marked is fine."))
    words.plain("Bare")
    raise Refused("Bare words")
    Screen(Html(f"You have {n} new changes"))
'''
    assert sorted({line for line, _ in unmarked(ast.parse(source))}) == [6, 7, 8]
