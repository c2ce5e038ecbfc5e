"""The kinds of settings: what values there are, how people type them and how they are shown.

A value is a JSON scalar (bool, int or str), stored as it is. `check` guards what is stored, `parse` reads what a person
typed, `show` returns a value in words, `accepts` what would be accepted.
"""

from bot.kinds.buttons import Buttons
from bot.kinds.choices import AUTO, Choice, Language, Switch
from bot.kinds.destinations import LogChat, Topic
from bot.kinds.kind import Kind, Value
from bot.kinds.media import Media
from bot.kinds.numbers import Duration, Number
from bot.kinds.setting import Section, Setting
from bot.kinds.text import Text
from bot.kinds.times import Hours, TimeZone

__all__ = [
    "AUTO",
    "Buttons",
    "Choice",
    "Duration",
    "Hours",
    "Kind",
    "Language",
    "LogChat",
    "Media",
    "Number",
    "Section",
    "Setting",
    "Switch",
    "Text",
    "TimeZone",
    "Topic",
    "Value",
]
