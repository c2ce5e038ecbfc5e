"""What follows from the declarations: every setting by its key, what people see of them, which belong together."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Collection, Mapping
from functools import cache, partial

from pydantic import BaseModel

from bot.errors import Refused
from bot.kinds import Section, Setting, markup
from bot.kinds.text import MOST_IN_CAPTION
from bot.settings.chat_config import ChatConfig
from bot.words import N_, Words


def declared(model: type[BaseModel]) -> Mapping[str, Setting]:
    """Return the settings of a model as `settings` does; raises `TypeError` for a field that is not declared as one."""
    found = []
    for key, field in model.model_fields.items():
        described = [mark for mark in field.metadata if isinstance(mark, Setting)]
        if len(described) != 1 or field.is_required():
            raise TypeError(
                f"a setting needs a description and a default: {key}: Annotated[TYPE, Setting(...)] = DEFAULT"
            )
        if sum(key in inspect.get_annotations(each) for each in model.__mro__) > 1:
            raise TypeError(f"two settings have the key {key}")
        found.append(dataclasses.replace(described[0], key=key, default=field.default))
    return {one.key: one for one in sorted(found, key=lambda one: list(Section).index(one.section))}


@cache
def settings() -> Mapping[str, Setting]:
    """Return every declared setting by its key, in the order of the sections and of declaration."""
    return declared(ChatConfig)


@cache
def parts() -> Mapping[str, str]:
    """Return the settings that belong to a text, and are found in its editor and not in their section.

    The key of the text by that of a variant of it, and by those of its media and its buttons.
    """
    variants = {one.key: one.variant_of for one in settings().values() if one.variant_of}
    texts = [one for one in settings().values() if one.key not in variants]
    return {part: one.key for one in texts for part in (one.media, one.buttons) if part} | variants


def require_captions(config: ChatConfig, touched: Collection[str]) -> None:
    """Raise `Refused` where a change of these keys makes a text too long for the media it is shown with."""
    for key, one in settings().items():
        if one.media and {key, one.media} & set(touched) and getattr(config, one.media):
            length = markup.visible_length(getattr(config, key))
            if length > MOST_IN_CAPTION:
                raise Refused(
                    N_("With a photo, a GIF or a video at most {limit} characters fit; “{title}” has {length}."),
                    limit=MOST_IN_CAPTION,
                    title=partial(_plain_title, one),
                    length=length,
                )


def _plain_title(setting: Setting, words: Words) -> str:
    return words.plain(setting.title)


@cache
def visible_settings(*, private: bool) -> Mapping[str, Setting]:
    """Return the settings people see in a private chat or in a group, by key."""
    return {key: one for key, one in settings().items() if one.shown and (one.private or not private)}


@cache
def visible_sections(*, private: bool) -> tuple[Section, ...]:
    """Return the sections that have such a setting, in their order."""
    shown = {one.section for one in visible_settings(private=private).values()}
    return tuple(section for section in Section if section in shown)
