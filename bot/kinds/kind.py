"""What every kind of setting can do, and the lists of words people type."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable

from bot.words import N_, WORD, Words, folded

Value = bool | int | str

MOST_TYPED = 100
"""Characters that are read of what somebody types, for every kind but a text."""

# Words people type, separated by spaces; a catalogue holds those of its language. The English ones always work.
# "a_b" is the phrase "a b", "word=2" a word that says a value: of a unit, how many of them it says by itself, as the
# Arabic dual does; of a part of the day, the hours from 0 to 23 that it may mean.
ON_WORDS = N_("on yes true enable enabled")
OFF_WORDS = N_("off no false none never disable disabled")
TAKE_AWAY_WORDS = N_("delete remove clear reset empty default")
UNIT_WORDS: tuple[tuple[str, int], ...] = (
    (N_("s sec secs second seconds"), 1),
    (N_("m min mins minute minutes"), 60),
    (N_("h hr hrs hour hours"), 3_600),
    (N_("d day days"), 86_400),
    (N_("w week weeks"), 604_800),
)
JOIN_WORDS = N_("and")
AFTER_WORDS = N_("after in for")
# Translators: the numbers to twelve, in every form that stands before "hours"; words for 1.5 and the like, too
NUMBER_WORDS = N_(
    "a=1 an=1 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 half=0.5"
)
FROM_WORDS = N_("from between")
UNTIL_WORDS = N_("to until till and")
CLOCK_WORDS = N_("oclock o'clock")
NOON_WORDS = N_("noon midday mid_day")
MIDNIGHT_WORDS = N_("midnight mid_night")
# Translators: words as in "10 at night", each with the hours that it makes of 1 to 12 (0 is midnight, 12 is noon);
# leave out an hour that not everybody would say so, or that may mean two
DAY_PARTS = N_(
    "morning=1-11 in_the_morning=1-11 afternoon=13-18 in_the_afternoon=13-18 evening=17-23 in_the_evening=17-23 "
    "night=0-3,18-23 at_night=0-3,18-23"
)
OFF = "off"


_QUOTES = {
    **{one: one for one in "\"'`"},
    "“": "”",
    "”": "”",
    "„": "“”",
    "«": "»",
    "»": "«",
    "‹": "›",
    "‘": "’",
    "‚": "‘’",
}


def bare(typed: str) -> str:
    """Return what somebody typed without blanks and quotes around it, of whatever shape they are."""
    text = typed.strip()
    if len(text) > 1 and text[-1] in _QUOTES.get(text[0], ""):
        return text[1:-1].strip()
    return text


def means(typed: str, listed: str, words: Words) -> bool:
    """Say whether somebody typed one of the listed words, in English or in a language that `words` understand."""
    return "_".join(folded(typed).split()) in words.listed(listed)


def valued(listed: str, words: Words) -> list[tuple[str, str]]:
    """Return the words of a list that say a value, "word=value", each with its value; in all languages understood."""
    parts = (word.partition("=") for word in sorted(words.listed(listed)))
    return [(word, value) for word, says_a_value, value in parts if says_a_value]


def phrased(typed: str, listed: Iterable[str]) -> str:
    """Return folded text in which each listed phrase is one word: "10 at night" as "10 at_night", the longest first."""
    phrases = sorted((one for one in listed if "_" in one), key=len, reverse=True)
    either = "|".join(re.escape(one).replace("_", r"[\s-]+") for one in phrases)
    if not phrases:
        return typed
    return re.sub(rf"(?<![{WORD}])(?:{either})(?![{WORD}])", lambda match: re.sub(r"[\s-]+", "_", match[0]), typed)


class Kind(ABC):
    """What values a setting takes, and how menus and commands deal with them.

    `markup` says that a person's formatting belongs to the value; `typed` that there is more than the presets, so that
    a person may want to type a value; `media`, that the value is a photo, a GIF or a video that a person sends;
    `picked`, that it is chosen in Telegram's chat picker; `here`, that it is the topic in which somebody chooses it;
    `buttons`, that it is rows of link buttons; `multiline`, that it may have several lines, and is too long for a
    button. `placeholders` are the names in braces that are filled in.
    """

    markup = False
    media = False
    buttons = False
    multiline = False
    placeholders: tuple[str, ...] = ()
    typed = True
    picked = False
    here = False

    @abstractmethod
    def check(self, value: object) -> Value:
        """Return the value if it may be stored; raises `Refused` with the reason."""

    @abstractmethod
    def parse(self, typed: str, words: Words) -> Value:
        """Return the value that a person typed; raises `Refused` for anything else."""

    def imported(self, value: object) -> Value:
        """Return a value of a file if it may be stored, as strictly as a typed one; raises `Refused`."""
        return self.check(value)

    def added(self, value: Value, more: Value) -> Value:
        """Return the value after somebody was asked for a new one and gave `more`; raises `Refused`."""
        return more

    def foreign(self, value: Value, bot_id: int, chat_id: int) -> str:
        """Return why the bot of this id cannot use a value in this chat, to be translated; empty where it can."""
        return ""

    @abstractmethod
    def show(self, value: Value, words: Words) -> str:
        """Return the value in words, plain text."""

    def suggest(self, value: Value, words: Words) -> str:
        """Return a value as a button offers it to somebody who may have meant it, plain text."""
        return self.show(value, words)

    def remark(self, value: Value, words: Words) -> str:
        """Return what the editor says about a value beside the value itself, plain text."""
        return ""

    def written(self, value: Value, words: Words) -> str:
        """Return the value as a person would type it, in the language of `words`."""
        return str(value)

    def localized(self, default: Value, words: Words) -> Value:
        """Return a default of ours in the language of `words`."""
        return default

    @abstractmethod
    def accepts(self, words: Words) -> str:
        """Return what would be accepted, plain text, to follow "Accepted:"."""

    @property
    @abstractmethod
    def example(self) -> str:
        """A value as a person could type it."""

    def example_in(self, words: Words) -> str:
        """Return the example in the language of `words`."""
        return self.example

    def presets(self) -> tuple[Value, ...]:
        """Return the values that have a button of their own."""
        return ()

    def switched(self, value: Value) -> Value | None:
        """Return the value that a press on the section's page sets instead; None where the press opens an editor."""
        return None

    def has_effect(self, value: Value) -> bool:
        """Say whether a setting with this value does something, so that the bot needs the rights for it."""
        return bool(value)

    def pack(self, value: Value) -> str:
        """Return a value as a button carries it."""
        return str(value)

    def unpack(self, packed: str) -> Value:
        """Return the value a button carries; raises `Refused` for one that may not be stored."""
        return self.check(packed)

    @abstractmethod
    def json_schema(self) -> dict[str, object]:
        """Return the JSON Schema of a stored value."""
