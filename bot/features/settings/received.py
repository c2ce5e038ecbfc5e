"""What a message sets: the value as it is typed, and with a text what is shown above and below it."""

from __future__ import annotations

from aiogram.types import Message

from bot.errors import Refused
from bot.kinds import Setting, Value, buttons
from bot.kinds.destinations import HERE_WORDS
from bot.kinds.kind import bare, means
from bot.kinds.media import SEND_IT, File
from bot.settings import settings
from bot.telegram.formatting import ONLY_TEXT, typed_html
from bot.telegram.names import here
from bot.words import N_, Words

WITH_MEDIA = N_("Send a text, or a photo, a GIF or a video with a text under it.")
ONE_ONLY = N_("Send one photo, GIF or video, not several at once. Nothing was changed.")


def received(
    message: Message, setting: Setting, words: Words, bot_id: int, begin: int = 0, end: int | None = None
) -> dict[str, Value]:
    """Return what a message sets, whose text or caption from `begin` up to `end` is the value; raises `Refused`.

    A photo, GIF or video with a caption sets both, whichever of the two was asked for.
    """
    typed = (message.text or message.caption or "")[begin:end]
    if setting.kind.here and means(bare(typed), HERE_WORDS, words):
        return {setting.key: here(message)}
    media = _beside(setting)
    file = sent_for(setting, message, bot_id, typed) if media else None
    if file is None:
        if setting.kind.markup and message.text is None:
            raise Refused(WITH_MEDIA if media else ONLY_TEXT)
        if setting.kind.media and message.text is None:
            raise Refused(SEND_IT)
        return _parsed(message, setting, words, begin, end)
    if message.media_group_id:
        raise Refused(ONE_ONLY)
    patch: dict[str, Value] = {media: file.stored()}
    if typed.strip():
        text = setting if setting.kind.markup else _with_media(media)
        patch |= _parsed(message, text, words, begin, end)
    return patch


def sent_for(setting: Setting, message: Message, bot_id: int, typed: str = "") -> File | None:
    """Return the file of a message; for a setting of media, where nothing is typed, also that of what it replies to."""
    replied = message.reply_to_message if setting.kind.media and not typed.strip() else None
    return file_of(message, bot_id) or (file_of(replied, bot_id) if replied else None)


def file_of(message: Message, bot_id: int) -> File | None:
    """Return the photo, GIF or video of a message."""
    found = message.photo[-1] if message.photo else message.animation or message.video
    if found is None:
        return None
    kind = "photo" if message.photo else "animation" if message.animation else "video"
    return File(kind, bot_id, found.file_id)


def _beside(setting: Setting) -> str:
    """Return the key of the setting that takes a file sent for this one; empty where none does."""
    return setting.key if setting.kind.media else setting.media


def _with_media(key: str) -> Setting:
    """Return the text that is shown with the media of this key, of several the first."""
    return next(one for one in settings().values() if one.media == key)


def _parsed(message: Message, setting: Setting, words: Words, begin: int, end: int | None) -> dict[str, Value]:
    """Return what is typed; the buttons in a text go to their own setting."""
    if not setting.kind.markup:
        return {setting.key: setting.kind.parse(bare((message.text or message.caption or "")[begin:end]), words)}
    text = typed_html(message, begin, end)
    text, rows = buttons.taken_out(text) if setting.buttons else (text, ())
    patch: dict[str, Value] = {setting.buttons: buttons.stored(rows)} if rows else {}
    if text or not rows:
        patch[setting.key] = setting.kind.parse(text, words)
    return patch
