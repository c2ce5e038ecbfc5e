"""Methods about the bot itself: commands, names, descriptions, default rights, menu buttons."""

from __future__ import annotations

from typing import Any

from sandbox.world import World
from sandbox.world.errors import bad_request
from sandbox.world.state.commands import DEFAULT_SCOPE, Scope
from sandbox.world.state.members import EVERYWHERE, IN_CHANNELS, IN_GROUPS

from .registry import METHODS, Parameters, method


def _scope(world: World, p: Parameters) -> Scope:
    scope = p.get("scope")
    if scope is None:
        return DEFAULT_SCOPE
    if "chat_id" not in scope:
        return scope["type"], 0, 0
    chat = world.open_chat(scope["chat_id"])
    if chat.person is not None and scope["type"] != "chat":
        raise bad_request("can't change commands in private chats for this scope")
    if "user_id" in scope and world.user(scope["user_id"]) is None:
        raise bad_request("user not found")
    return scope["type"], chat.id, scope.get("user_id", 0)


@method("setMyCommands")
def set_my_commands(world: World, p: Parameters) -> bool:
    """A list for a scope and a language."""
    world.commands.set(_scope(world, p), p.get("language_code", ""), p["commands"])
    for chat in world.chats.values():
        world.events.add("commands", chat)
    return True


@method("getMyCommands")
def get_my_commands(world: World, p: Parameters) -> list[dict[str, Any]]:
    """The list stored for exactly this scope and language."""
    return world.commands.get(_scope(world, p), p.get("language_code", ""))


@method("deleteMyCommands")
def delete_my_commands(world: World, p: Parameters) -> bool:
    """Delete a list; the next wider one is shown again."""
    world.commands.set(_scope(world, p), p.get("language_code", ""), [])
    return True


def _texts(what: str, api_name: str) -> None:
    def set_text(world: World, p: Parameters) -> bool:
        world.profile.set(what, p.get("language_code", ""), p.get(what, ""))
        return True

    def get_text(world: World, p: Parameters) -> dict[str, str]:
        return {what: world.profile.get(what, p.get("language_code", ""))}

    METHODS[f"setMy{api_name}"] = set_text
    METHODS[f"getMy{api_name}"] = get_text


_texts("name", "Name")
_texts("description", "Description")
_texts("short_description", "ShortDescription")


@method("setMyDefaultAdministratorRights")
def set_default_rights(world: World, p: Parameters) -> bool:
    """What is proposed to people who make the bot an administrator."""
    channels = p.get("for_channels", False)
    if "rights" in p:
        world.profile.rights[channels] = p["rights"]
    else:
        world.profile.rights.pop(channels, None)
    return True


@method("getMyDefaultAdministratorRights")
def get_default_rights(world: World, p: Parameters) -> dict[str, Any]:
    """What `setMyDefaultAdministratorRights` stored; nothing at first."""
    channels = p.get("for_channels", False)
    names = ("is_anonymous", *EVERYWHERE, *(IN_CHANNELS if channels else IN_GROUPS))
    return {**dict.fromkeys(names, False), **world.profile.rights.get(channels, {})}


@method("setChatMenuButton")
def set_chat_menu_button(world: World, p: Parameters) -> bool:
    """The button beside the input field of one private chat, or of all."""
    button = p.get("menu_button", {"type": "default"})
    if button["type"] == "web_app" and not button["web_app"]["url"].startswith("https://"):
        raise bad_request("BUTTON_URL_INVALID")
    world.profile.menu_buttons[_private(world, p)] = button
    return True


@method("getChatMenuButton")
def get_chat_menu_button(world: World, p: Parameters) -> dict[str, Any]:
    """The button of one private chat, else of all."""
    buttons = world.profile.menu_buttons
    return buttons.get(_private(world, p)) or buttons.get(0) or {"type": "commands"}


def _private(world: World, p: Parameters) -> int:
    if "chat_id" not in p:
        return 0
    chat = world.open_chat(p["chat_id"])
    if chat.person is None:
        raise bad_request("chat not found")
    return chat.id
