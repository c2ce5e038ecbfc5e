"""The words people read: gettext catalogues, English being the source.

A message id is a plain English sentence in Telegram HTML with `{named}` places. Whoever declares one far from the place
where it is said marks it with `N_`, so that the extraction finds it.
"""

from __future__ import annotations

import gettext
import html
import logging
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.words.directions import isolated, led, runs_right_to_left, with_commands
from bot.words.spelling import folded

logger = logging.getLogger(__name__)

LOCALES = Path(__file__).parents[1] / "locales"
SOURCE_LANGUAGE = "en"
# Control characters and halves of surrogate pairs, as a modified client may send them: no answer could carry them.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Html(str):
    """Text that is Telegram HTML already; put into a sentence as it is, where plain text is escaped."""

    __slots__ = ()


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a mark without a translation
    """Mark a message id for extraction and return it unchanged."""
    return message


# Translators: the language of this catalogue: first its name in it, as people read it,
# then what else people call it, there and elsewhere: "Deutsch, German, alemán, немецкий"
NAMES = N_("English")
_COMMA = re.compile("[,،]")


def fit(text: object) -> str:
    """Return text that Telegram takes: what no text should have in it becomes a replacement character."""
    return _UNFIT.sub("\ufffd", str(text))


def escape(text: object) -> Html:
    """Return plain text as HTML, quotes included; HTML stays as it is."""
    return text if isinstance(text, Html) else Html(html.escape(fit(text)))


class Words:
    """The words of one language.

    Calling it translates a message and fills its places in, escaped: the result is HTML. `plain` does the same for
    button labels and pop-ups, where Telegram knows no markup. A value that is a function says itself in these words.
    `catalogues` are those of all languages, and `understood` the languages in which people may type.
    """

    __slots__ = (
        "_catalogue",
        "_fixed",
        "_templates",
        "catalogues",
        "language",
        "right_to_left",
        "spelled",
        "understood",
    )

    def __init__(
        self,
        language: str,
        catalogue: gettext.NullTranslations,
        catalogues: Catalogues,
        understood: tuple[str, ...] = (),
    ) -> None:
        self.language = language
        self.catalogues = catalogues
        self.understood = understood or (language,)
        self._catalogue = catalogue
        self.right_to_left = runs_right_to_left(catalogue.gettext(NAMES))
        self._templates = lru_cache(2_000)(lambda message: self._directed(self._catalogue.gettext(message)))
        # Most of a screen never varies.
        self._fixed = lru_cache(2_000)(lambda message: self._translated(message).format_map({}))
        self.spelled = lru_cache(2_000)(lambda message: folded(self._fixed(message)))

    def understanding(self, other: Words) -> Words:
        """Return the same words, which also understand what is typed in another language."""
        if other.language in {SOURCE_LANGUAGE, *self.understood}:
            return self
        understood = (*self.understood, other.language)
        known = self.catalogues.understanding
        if understood not in known:
            known[understood] = both = Words(self.language, self._catalogue, self.catalogues, understood)
            both._fixed, both._templates, both.spelled = self._fixed, self._templates, self.spelled
        return known[understood]

    def spellings(self, message: str) -> Iterator[str]:
        """Yield a message in English and in each language that is understood, as typed text is compared."""
        yield folded(message)
        for language in self.understood:
            yield self.catalogues.words(language).spelled(message)

    def listed(self, message: str) -> frozenset[str]:
        """Return the words of a message that lists some people type, of all languages that are understood."""
        return frozenset(word for spelling in self.spellings(message) for word in spelling.split())

    def __call__(self, message: str, /, **values: object) -> Html:
        """Return the message as HTML; plain values are escaped."""
        if not values:
            return Html(self._fixed(message))
        return Html(
            self._translated(message).format_map({name: escape(self._said(one)) for name, one in values.items()})
        )

    def plain(self, message: str, /, **values: object) -> str:
        """Return the message for a place without markup."""
        if not values:
            return self._fixed(message)
        return self._translated(message).format_map({name: fit(self._said(one)) for name, one in values.items()})

    def count(self, one: str, many: str, n: int, /, **values: object) -> Html:
        """Return the form of the message for `n` things; `{n}` is filled in."""
        form = self._directed(self._catalogue.ngettext(one, many, n))
        return Html(form.format_map({name: escape(self._said(value)) for name, value in {"n": n, **values}.items()}))

    def joined(self, parts: Iterable[str]) -> str:
        """Return a list as the language writes it: "a, b, c"; of HTML if all parts are HTML."""
        return self._translated(N_(", ")).join(parts)

    def number(self, n: int) -> str:
        """Return a large number with the digits in groups."""
        *_, separator, last = groups = re.split(r"(\D)", self._translated(N_("1,234,567")))
        digits = str(abs(n))
        parts, digits = [digits[-len(last) :]], digits[: -len(last)]
        while digits:
            parts, digits = [digits[-len(groups[2]) :], *parts], digits[: -len(groups[2])]
        return f"{'-' if n < 0 else ''}{separator.join(parts)}"

    def isolated(self, value: str) -> str:
        """Return what stands beside words of this language so that it does not disarrange them."""
        return isolated(value) if self.right_to_left else value

    def led(self, text: Html) -> Html:
        """Return HTML that was put together, so that its lines run as the language does."""
        return Html(self._directed(text))

    def _said(self, value: object) -> object:
        said = value(self) if callable(value) else value
        if not self.right_to_left or not isinstance(said, str):
            return said
        return Html(isolated(said)) if isinstance(said, Html) else isolated(said)

    def _directed(self, text: str) -> str:
        return led(with_commands(text)) if self.right_to_left else text

    def _translated(self, message: str) -> str:
        # gettext answers the empty message with the catalogue's header.
        return self._templates(message) if message else ""


@dataclass(frozen=True, slots=True)
class Languages:
    """In which words something is said: `own` are those of the person it answers, `everybody` those of their chat."""

    own: Words
    everybody: Words


class Catalogues:
    """Every language there is a compiled catalogue for; English needs none. One is read when it is needed.

    A language is called by the name of its folder in Telegram's way: "pt-br" for `pt_BR`.
    """

    def __init__(self, folder: Path = LOCALES) -> None:
        self.understanding: dict[tuple[str, ...], Words] = {}
        """Words that understand more languages than their own, which comes first; made when they are first needed."""
        files = {_code(file.parent.parent.name): file for file in folder.glob("*/LC_MESSAGES/bot.mo")}
        self._files: dict[str, Path | None] = {SOURCE_LANGUAGE: None, **dict(sorted(files.items()))}
        self._words: dict[str, Words] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of all languages, English first."""
        return tuple(self._files)

    def words(self, language: str | None) -> Words:
        """Return the words of a language ("de", or Telegram's "de-AT"); English where there is no catalogue."""
        code = self.nearest(language)
        if code not in self._words:
            self._words[code] = self.read(code)
        return self._words[code]

    def nearest(self, language: str | None) -> str:
        """Return the code of a language, of the same one elsewhere ("pt-br" for "pt-pt"), or of English."""
        code = _code(language or SOURCE_LANGUAGE)
        if code in self._files:
            return code
        base = base_of(code)
        return (
            base if base in self._files else next((one for one in self._files if base_of(one) == base), SOURCE_LANGUAGE)
        )

    def read(self, code: str) -> Words:
        """Return the words of one of `languages` without keeping them; of a broken catalogue the English ones."""
        file = self._files[code]
        if file is not None:
            try:
                with file.open("rb") as opened:
                    return Words(code, gettext.GNUTranslations(opened), self)
            except (OSError, ValueError, struct.error) as error:
                logger.warning("The words of %s cannot be read, English stands in: %s.", code, type(error).__name__)
        return Words(code, gettext.NullTranslations(), self)

    def names(self, code: str) -> tuple[str, ...]:
        """Return what people call one of `languages`: its own name, and others."""
        if code not in self._names:
            words = self._words.get(code) or self.read(code)
            listed = NAMES if code == SOURCE_LANGUAGE else words.plain(NAMES)
            self._names[code] = tuple(one.strip() for one in _COMMA.split(listed))
        return self._names[code]


def base_of(code: str) -> str:
    """Return a language's code without country or script, as Telegram's lists of commands want it."""
    return code.partition("-")[0]


def _code(language: str) -> str:
    return language.replace("_", "-").lower()
