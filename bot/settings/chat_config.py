"""The typed configuration of a chat.

A field of `ChatConfig` is the setting: its name is the key, its default is what chats get that never chose, and the
`Setting` beside its type says everything menu, commands, validation, help and export need to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import ValidationError

from bot.kinds import AUTO, Choice, Hours, Language, LogChat, Section, Setting, Switch, Text, TimeZone
from bot.kinds.text import MOST_IN_MESSAGE
from bot.settings.greetings import GreetingSettings
from bot.words import N_


class ChatConfig(GreetingSettings):
    """Every setting of a chat with its value: what somebody chose, else today's default."""

    language: Annotated[
        str,
        Setting(
            section=Section.GENERAL,
            title=N_("Language"),
            help=N_(
                "The language of what everybody here reads, such as greetings. Auto is English. "
                "What only you see is in your own language, which you set in our private chat."
            ),
            help_in_private=N_(
                "The language I speak with you, also in groups where nobody else sees it. Auto follows your Telegram."
            ),
            kind=Language(),
            private=True,
        ),
    ] = AUTO
    timezone: Annotated[
        str,
        Setting(
            section=Section.GENERAL,
            title=N_("Time zone"),
            help=N_("Dates and times in this chat are shown in this zone."),
            kind=TimeZone(),
            private=True,
        ),
    ] = "UTC"
    menu_place: Annotated[
        Literal["auto", "group", "private"],
        Setting(
            section=Section.GENERAL,
            title=N_("Menu opens"),
            help=N_("Where /settings opens. Auto shows it in the group, only to the one who asked."),
            kind=Choice(
                {"auto": N_("auto"), "group": N_("in the group"), "private": N_("in private")},
                also={
                    "auto": N_("automatic automatically"),
                    "group": N_("group"),
                    "private": N_("private privately dm pm"),
                },
            ),
        ),
    ] = "auto"

    rules_text: Annotated[
        str,
        Setting(
            section=Section.RULES,
            title=N_("Rules"),
            help=N_("What /rules answers."),
            kind=Text(MOST_IN_MESSAGE),
        ),
    ] = ""
    rules_button: Annotated[
        bool,
        Setting(
            section=Section.RULES,
            title=N_("Rules button"),
            help=N_("Puts a button with the rules under the greeting."),
            kind=Switch(),
        ),
    ] = False
    rules_shown_by: Annotated[
        Literal["admins", "everyone"],
        Setting(
            section=Section.RULES,
            title=N_("Who may show rules"),
            help=N_(
                "Who may show the rules to others: /rules as a reply shows them to whoever wrote that message. "
                "Everybody may read them for themselves."
            ),
            kind=Choice(
                {"admins": N_("admins"), "everyone": N_("everyone")},
                also={"everyone": N_("all everybody everyone")},
            ),
        ),
    ] = "admins"

    clean_joins: Annotated[
        bool,
        Setting(
            section=Section.TIDINESS,
            title=N_("Delete “joined”"),
            help=N_("Deletes Telegram's messages about people who joined."),
            kind=Switch(),
            needs="can_delete_messages",
        ),
    ] = False
    clean_leaves: Annotated[
        bool,
        Setting(
            section=Section.TIDINESS,
            title=N_("Delete “left”"),
            help=N_("Deletes Telegram's messages about people who left."),
            kind=Switch(),
            needs="can_delete_messages",
        ),
    ] = False
    clean_pins: Annotated[
        bool,
        Setting(
            section=Section.TIDINESS,
            title=N_("Delete “pinned”"),
            help=N_("Deletes Telegram's messages about pinned messages."),
            kind=Switch(),
            needs="can_delete_messages",
        ),
    ] = False
    clean_changes: Annotated[
        bool,
        Setting(
            section=Section.TIDINESS,
            title=N_("Delete “changed”"),
            help=N_("Deletes Telegram's messages about a new title, photo or other change of the chat."),
            kind=Switch(),
            needs="can_delete_messages",
        ),
    ] = False
    clean_commands: Annotated[
        Literal["none", "others", "all"],
        Setting(
            section=Section.TIDINESS,
            title=N_("Delete commands"),
            help=N_("Deletes commands once they are answered."),
            kind=Choice(
                {"none": N_("none"), "others": N_("for other bots"), "all": N_("all")},
                on="all",
                off="none",
                also={"others": N_("others other_bots"), "all": N_("all everything")},
            ),
            needs="can_delete_messages",
        ),
    ] = "none"

    quiet_hours: Annotated[
        str,
        Setting(
            section=Section.QUIET,
            title=N_("Silent hours"),
            help=N_("My messages make no sound in these hours (in the chat's time zone)."),
            kind=Hours(),
            private=True,
        ),
    ] = "off"

    editors: Annotated[
        Literal["info", "admins", "owner"],
        Setting(
            section=Section.ACCESS,
            title=N_("Who may change"),
            help=N_("Who may change the settings of this chat. The owner always may."),
            kind=Choice(
                {
                    "info": N_("admins with “Change group info”"),
                    "admins": N_("every admin"),
                    "owner": N_("only the owner"),
                },
                also={"admins": N_("all_admins every_admin"), "owner": N_("owner owner_only")},
            ),
            local=True,
        ),
    ] = "info"
    members_may_view: Annotated[
        bool,
        Setting(
            section=Section.ACCESS,
            title=N_("Visible to members"),
            help=N_("Lets members see the settings, not change them."),
            kind=Switch(),
        ),
    ] = False
    announce_changes: Annotated[
        Literal["off", "chat"],
        Setting(
            section=Section.ACCESS,
            title=N_("Announce changes"),
            help=N_("Tells the chat what was changed, by whom, with a button to undo it."),
            kind=Choice({"off": N_("off"), "chat": N_("in the chat")}, on="chat", off="off"),
        ),
    ] = "off"
    log_chat: Annotated[
        str,
        Setting(
            section=Section.ACCESS,
            title=N_("Change log"),
            help=N_("A channel or group of yours that is told of every change of the settings here, and who made it."),
            kind=LogChat(),
            local=True,
        ),
    ] = "off"

    @classmethod
    def tolerant(cls, stored: Mapping[str, Any]) -> tuple[Self, tuple[str, ...]]:
        """Read a stored document: unknown keys are ignored, a value that today's code refuses becomes the default.

        Returns the configuration and the known keys whose value was refused. Never raises.
        """
        try:
            return cls.model_validate(stored), ()
        except ValidationError as error:
            refused = {str(line["loc"][0]) for line in error.errors(include_url=False, include_input=False)}
            kept = {key: value for key, value in stored.items() if key not in refused}
            return cls.model_validate(kept), tuple(sorted(refused))
