"""The settings of greetings, a part of `ChatConfig`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from bot.kinds import Buttons, Choice, Duration, Media, Section, Setting, Switch, Text, Topic
from bot.kinds.destinations import GENERAL
from bot.kinds.text import MOST_IN_MESSAGE
from bot.words import N_

PLACEHOLDERS = ("name", "mention", "chat", "members", "date", "time")


_WELCOME = N_("Another welcome text. Of all of them one is chosen at random.")
_GOODBYE = N_("Another goodbye text. Of all of them one is chosen at random.")


def _variant(title: str, what: str = _WELCOME, of: str = "welcome") -> Setting:
    """Return one more text, for the welcome or the goodbye."""
    return Setting(
        section=Section.GREETINGS,
        title=title,
        help=what,
        kind=Text(MOST_IN_MESSAGE, PLACEHOLDERS),
        media=f"{of}_media",
        buttons=f"{of}_buttons",
        variant_of=f"{of}_text",
    )


class GreetingSettings(BaseModel):
    """What is said to people who join or leave, how, and where."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    welcome: Annotated[
        Literal["off", "everyone", "newcomer"],
        Setting(
            section=Section.GREETINGS,
            title=N_("Welcome"),
            help=N_("Greets people who join."),
            kind=Choice(
                {"off": N_("off"), "everyone": N_("to everyone"), "newcomer": N_("only to the newcomer")},
                on="everyone",
                off="off",
                also={"everyone": N_("all everybody everyone"), "newcomer": N_("newcomer newcomers")},
            ),
        ),
    ] = "off"
    welcome_text: Annotated[
        str,
        Setting(
            section=Section.GREETINGS,
            title=N_("Welcome text"),
            help=N_("What I say to people who join."),
            kind=Text(MOST_IN_MESSAGE, PLACEHOLDERS),
            media="welcome_media",
            buttons="welcome_buttons",
        ),
    ] = N_("Welcome to {chat}, {mention}!")
    welcome_media: Annotated[
        str,
        Setting(
            section=Section.GREETINGS,
            title=N_("Welcome photo or video"),
            help=N_("A photo, a GIF or a video above the welcome text."),
            kind=Media(),
        ),
    ] = ""
    welcome_buttons: Annotated[
        str,
        Setting(
            section=Section.GREETINGS,
            title=N_("Welcome buttons"),
            help=N_("Buttons with links under the welcome text."),
            kind=Buttons(),
        ),
    ] = ""
    welcome_variant_2: Annotated[str, _variant(N_("Welcome variant 2"))] = ""
    welcome_variant_3: Annotated[str, _variant(N_("Welcome variant 3"))] = ""
    welcome_variant_4: Annotated[str, _variant(N_("Welcome variant 4"))] = ""
    welcome_variant_5: Annotated[str, _variant(N_("Welcome variant 5"))] = ""
    welcome_delete_after: Annotated[
        int,
        Setting(
            section=Section.GREETINGS,
            title=N_("Delete welcome after"),
            help=N_("How long the greeting stays before I delete it."),
            kind=Duration(10, 169_200, zero=N_("never"), steps=(0, 60, 300, 3_600, 86_400)),
        ),
    ] = 0
    goodbye: Annotated[
        bool,
        Setting(
            section=Section.GREETINGS,
            title=N_("Goodbye"),
            help=N_("Says goodbye to people who leave."),
            kind=Switch(),
        ),
    ] = False
    goodbye_text: Annotated[
        str,
        Setting(
            section=Section.GREETINGS,
            title=N_("Goodbye text"),
            help=N_("What I say when somebody leaves."),
            kind=Text(MOST_IN_MESSAGE, PLACEHOLDERS),
            media="goodbye_media",
            buttons="goodbye_buttons",
        ),
    ] = N_("Goodbye, {name}.")
    goodbye_media: Annotated[
        str,
        Setting(
            section=Section.GREETINGS,
            title=N_("Goodbye photo or video"),
            help=N_("A photo, a GIF or a video above the goodbye text."),
            kind=Media(),
        ),
    ] = ""
    goodbye_buttons: Annotated[
        str,
        Setting(
            section=Section.GREETINGS,
            title=N_("Goodbye buttons"),
            help=N_("Buttons with links under the goodbye text."),
            kind=Buttons(),
        ),
    ] = ""
    goodbye_variant_2: Annotated[str, _variant(N_("Goodbye variant 2"), _GOODBYE, "goodbye")] = ""
    goodbye_variant_3: Annotated[str, _variant(N_("Goodbye variant 3"), _GOODBYE, "goodbye")] = ""
    goodbye_variant_4: Annotated[str, _variant(N_("Goodbye variant 4"), _GOODBYE, "goodbye")] = ""
    goodbye_variant_5: Annotated[str, _variant(N_("Goodbye variant 5"), _GOODBYE, "goodbye")] = ""
    greeting_topic: Annotated[
        str,
        Setting(
            section=Section.GREETINGS,
            title=N_("Topic for greetings"),
            help=N_("In which topic of a group with topics I welcome people and say goodbye."),
            kind=Topic(),
            forums=True,
            local=True,
        ),
    ] = GENERAL
