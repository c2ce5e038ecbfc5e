"""From what a bot or a person typed to text and entities as they are stored."""

from __future__ import annotations

from typing import Any

from sandbox.world.errors import bad_request
from sandbox.world.formatting.entities import Entity, checked, clean, detect, ordered, require_utf8, trim, utf16_length
from sandbox.world.formatting.html import parse_html
from sandbox.world.formatting.markdown import parse_markdown, parse_markdown_v2
from sandbox.world.state.world import World

MAX_MESSAGE_LENGTH = 4096
MAX_CAPTION_LENGTH = 1024
_PARSERS = {"html": parse_html, "markdownv2": parse_markdown_v2, "markdown": parse_markdown}


def formatted(world: World, text: str, mode: str | None, given: list[Entity] | None) -> tuple[str, list[Entity]]:
    """Text and entities by parse mode or by given entities; a parse mode wins, as with Telegram."""
    require_utf8(text)
    if mode:
        parser = _PARSERS.get(mode.lower())
        if parser is None:
            raise bad_request("unsupported parse_mode")
        plain, entities = parser(text)
        plain = clean(plain)
    else:
        plain = clean(text)
        entities = checked(given or [], plain)
    plain, entities = trim(plain, [known for entity in entities if (known := _with_user(world, entity))])
    return plain, ordered([*entities, *detect(plain, entities)])


def _with_user(world: World, entity: Entity) -> Entity | None:
    """Name the user of a mention by id; one the bot cannot know is no mention, as with Telegram."""
    if entity["type"] != "text_mention":
        return entity
    user_id = entity.get("_user_id") or (entity.get("user") or {}).get("id")
    user = world.user(user_id) if user_id else None
    if user is None:
        return None
    rest = {key: value for key, value in entity.items() if key != "_user_id"}
    return {**rest, "user": user.to_api()}


def text_content(world: World, text: str, mode: str | None, given: list[Entity] | None) -> dict[str, Any]:
    """The content of a text message."""
    plain, entities = formatted(world, text, mode, given)
    if not plain:
        raise bad_request("message text is empty")
    if utf16_length(plain) > MAX_MESSAGE_LENGTH:
        raise bad_request("message is too long")
    return {"text": plain, **({"entities": entities} if entities else {})}


def caption_content(world: World, caption: str | None, mode: str | None, given: list[Entity] | None) -> dict[str, Any]:
    """The caption part of a message with a file; nothing for an empty one."""
    plain, entities = formatted(world, caption or "", mode, given)
    if utf16_length(plain) > MAX_CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    if not plain:
        return {}
    return {"caption": plain, **({"caption_entities": entities} if entities else {})}
