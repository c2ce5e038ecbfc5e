from __future__ import annotations

import gettext
import io
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from bot.words import Catalogues, Html, Words, escape


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    catalogue = Catalog(locale="de")
    catalogue.add("Hello, {name}.", "Hallo, {name}.")
    catalogue.add(("{n} change", "{n} changes"), ("{n} Änderung", "{n} Änderungen"))
    file = tmp_path / "de" / "LC_MESSAGES" / "bot.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as opened:
        write_mo(opened, catalogue)
    return tmp_path


def test_english_needs_no_catalogue(tmp_path: Path) -> None:
    catalogues = Catalogues(tmp_path)
    assert catalogues.languages == ("en",)
    assert catalogues.words("de")("Hello, {name}.", name="Ann") == "Hello, Ann."


@pytest.mark.parametrize("code", ["de", "DE", "de-AT", "de_CH"])
def test_a_language_is_found_by_its_code_and_by_telegrams_code_with_a_country(folder: Path, code: str) -> None:
    words = Catalogues(folder).words(code)
    assert words.language == "de"
    assert words("Hello, {name}.", name="Ann") == "Hallo, Ann."


@pytest.mark.parametrize("code", [None, "", "fr", "xx-de", "../de", "\x00", "d"])
def test_an_unknown_language_is_answered_in_english(folder: Path, code: str | None) -> None:
    assert Catalogues(folder).words(code).language == "en"


def test_what_has_no_translation_is_said_in_english(folder: Path) -> None:
    assert Catalogues(folder).words("de")("Not translated: {x}", x=1) == "Not translated: 1"


def test_counted_things_have_the_forms_of_the_language(folder: Path) -> None:
    catalogues = Catalogues(folder)
    for language, one, many in (("en", "1 change", "2 changes"), ("de", "1 Änderung", "2 Änderungen")):
        words = catalogues.words(language)
        assert words.count("{n} change", "{n} changes", 1) == one
        assert words.count("{n} change", "{n} changes", 2) == many


def test_plain_values_are_escaped_in_html_and_html_is_not_escaped_again(words: Words) -> None:
    name = "<b>\"Bobby\" & 'Tables'</b>"
    assert words("Hi {name}", name=name) == "Hi &lt;b&gt;&quot;Bobby&quot; &amp; &#x27;Tables&#x27;&lt;/b&gt;"
    assert words("Hi {name}", name=Html("<b>x</b>")) == "Hi <b>x</b>"
    assert words("Hi {name}", name=words("<i>{x}</i>", x="&")) == "Hi <i>&amp;</i>"
    assert isinstance(words("Hi"), Html)


def test_where_there_is_no_markup_nothing_is_escaped(words: Words) -> None:
    assert words.plain("Hi {name}", name="<b>&") == "Hi <b>&"


def test_a_value_with_braces_is_not_filled_in_again(words: Words) -> None:
    assert words("Hi {name}", name="{name} {0} {secret.__class__}") == "Hi {name} {0} {secret.__class__}"


def test_numbers_are_values_too(words: Words) -> None:
    assert words("{a} of {b}", a=1, b=None) == "1 of None"


@pytest.mark.parametrize("broken", ["a\x00b", "a\ud800b"])
def test_what_telegram_does_not_take_never_gets_into_a_sentence(words: Words, broken: str) -> None:
    for said in (words("{x}", x=broken), words.plain("{x}", x=broken), words.count("{x}", "{x}", 1, x=broken)):
        said.encode()
        assert "\x00" not in said
        assert said.startswith("a")
        assert said.endswith("b")
    escape(broken).encode()


def test_the_empty_message_is_empty_and_not_the_header_of_the_catalogue(folder: Path) -> None:
    words = Catalogues(folder).words("de")
    assert words("") == ""
    assert words.plain("") == ""


@pytest.mark.parametrize("broken", ["empty", "rubbish", "header", "half"])
def test_instead_of_a_broken_catalogue_english_is_spoken_and_the_log_says_so_once(
    folder: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = folder / "de" / "LC_MESSAGES" / "bot.mo"
    whole = file.read_bytes()
    file.write_bytes(
        {"empty": b"", "rubbish": b"rubbish", "header": whole[:9], "half": whole[: len(whole) // 2]}[broken]
    )
    catalogues = Catalogues(folder)
    for _ in range(2):
        assert catalogues.words("de")("Hello, {name}.", name="Ann") == "Hello, Ann."
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_catalogue_is_read_when_somebody_first_speaks_its_language(folder: Path) -> None:
    catalogues = Catalogues(folder)
    catalogues.words("en")
    (folder / "de" / "LC_MESSAGES" / "bot.mo").unlink()
    assert catalogues.languages == ("en", "de")
    assert Catalogues(folder).languages == ("en",)
    assert catalogues.words("de")("Hello, {name}.", name="Ann") == "Hello, Ann.", "it was not read before"


@pytest.mark.parametrize("code", ["pt-br", "pt_BR", "pt-PT", "pt"])
def test_a_language_of_one_country_serves_those_of_the_others(folder: Path, code: str) -> None:
    (folder / "de").rename(folder / "pt_BR")
    catalogues = Catalogues(folder)
    assert catalogues.languages == ("en", "pt-br")
    assert catalogues.words(code).language == "pt-br"


def test_a_language_has_the_names_of_its_catalogue_its_own_first(folder: Path) -> None:
    catalogue = Catalog(locale="fa")
    catalogue.add("English", "فارسی، Persian, Farsi")
    (folder / "fa" / "LC_MESSAGES").mkdir(parents=True)
    with (folder / "fa" / "LC_MESSAGES" / "bot.mo").open("wb") as opened:
        write_mo(opened, catalogue)
    catalogues = Catalogues(folder)
    assert catalogues.names("fa") == ("فارسی", "Persian", "Farsi")
    assert catalogues.names("en") == ("English",)


def test_the_standard_library_reads_what_is_compiled(folder: Path) -> None:
    data = (folder / "de" / "LC_MESSAGES" / "bot.mo").read_bytes()
    assert gettext.GNUTranslations(io.BytesIO(data)).gettext("Hello, {name}.") == "Hallo, {name}."
