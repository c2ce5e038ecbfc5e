"""The screens of one setting: its editor, the prompt for a typed value, and what `/settings KEY` explains."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.errors import Ambiguous, BotError
from bot.features.settings.layout import Row, close_button, foot, heading, in_fitting_rows, text_of
from bot.features.settings.menu.screens import editor_button, restrictions, section, section_title
from bot.features.settings.view import View
from bot.features.settings.wording import value_in_words
from bot.kinds import Setting, Value, markup
from bot.kinds import buttons as link_buttons
from bot.kinds.destinations import NO_TOPICS, thread_in, topic_value
from bot.kinds.filling import cut, safe_name
from bot.settings import parts
from bot.telegram.callback_data import Action
from bot.telegram.names import Here
from bot.telegram.screens import Button, Screen, button
from bot.words import N_, Html, escape

_MOST_OFFERED = 40
_MOST_OF_LABEL = 30
_ASK = N_("<b>Reply to this message</b> with the new value: {accepted}.")
_ASK_MORE = N_("<b>Reply to this message</b> with the buttons to add: {accepted}.")
# Of a message's 4,096 characters; the others say what the text is for, and what is accepted.
_MOST_OF_TEXT = 3_000
# The tags of formatting, typed as text by people who expect them to work.
_TYPED_TAG = re.compile(r"&lt;/?(?:a|b|blockquote|code|del|em|i|ins|pre|s|strike|strong|tg-[a-z]+|u)\b", re.IGNORECASE)


def editor(view: View, setting: Setting, note: Html | None = None, offered: Value | None = None) -> Screen:
    """One setting: its value, what it does, and the ways to change it, first of all to what is `offered`."""
    words, kind = view.words, setting.kind
    about = Html(f"{words(setting.about(private=view.private))}\n<code>/settings {setting.key}</code>")
    lines = [*([note] if note else []), about, _present(view, setting), *_about_topics(view, setting)]
    lines += restrictions(view)
    rows: list[Row] = []
    if view.editable:
        if offered is not None and offered != view.value(setting):
            value = value_in_words(view, setting, offered, most=_MOST_OFFERED)
            label = words.plain(N_("Set it to: {value}"), value=value)
            rows.append((button(label, view.press(Action.SET, setting.key, kind.pack(offered)), "success"),))
        rows += in_fitting_rows([_preset_button(view, setting, value) for value in kind.presets()])
        if kind.here and view.here:
            rows.append((_here_button(view, setting, view.here),))
        if kind.buttons:
            rows += _link_rows(view, setting)
        label = (
            N_("📎 Send a photo or video") if kind.media else N_("➕ Add buttons") if kind.buttons else N_("✏️ Type it")
        )
        type_it = (button(words.plain(label), view.press(Action.TYPE, setting.key)),) if kind.typed else ()
        if kind.picked:
            label = words.plain(N_("🔎 Choose a channel or group"))
            rows.append((button(label, view.press(Action.PICK_LOG, setting.key)),))
        rows += in_fitting_rows([*type_it, *_default_button(view, setting)])
    if looks := _look_row(view, setting):
        rows.append(looks)
    rows += _part_rows(view, setting)
    if view.stored.revision:
        changes = view.press(Action.HISTORY, setting.key)
        rows.append((button(words.plain(N_("🕘 History of this setting")), changes),))
    head = heading(view, section_title(view, setting.section), Html(f"<b>{words(setting.title)}</b>"))
    text = parts().get(setting.key)
    back = (Action.EDITOR, text) if text else (Action.SECTION, setting.section.code)
    return Screen(text_of(head, *lines, gap="\n\n"), (*rows, foot(view, *back)))


def editing_screen(view: View, setting: Setting, note: Html | None = None) -> Screen:
    """The screen on which a setting is changed by buttons: its editor, or the page of its section for a switch."""
    if setting.kind.switched(view.value(setting)) is not None:
        return section(view, setting.section, note)
    return editor(view, setting, note)


def prompt(
    view: View, setting: Setting, note: Html | None = None, offered: Sequence[Value] = (), above: str = ""
) -> Screen:
    """The prompt for a typed value, which is answered by a reply to it, or by a button of what is `offered`.

    `above` says where the editor stands from which was asked.
    """
    words = view.words
    lines = [
        *([note] if note else []),
        words(_ASK_MORE if setting.kind.buttons else _ASK, accepted=setting.kind.accepts(words)),
    ]
    cancel = button(words.plain(N_("✕ Cancel")), view.press(Action.CANCEL, setting.key, above))
    head = heading(view, Html(f"<b>{words(setting.title)}</b>"))
    rows = (*_offered_rows(view, setting, offered), (*_default_button(view, setting), cancel))
    return Screen(text_of(head, *lines, gap="\n\n"), rows, ask=True)


def asked_again(view: View, setting: Setting, refused: BotError, above: str = "") -> Screen:
    """The prompt after a reply that could not be accepted: says why, or offers what may have been meant."""
    if isinstance(refused, Ambiguous):
        return prompt(view, setting, view.words(N_("Did you mean:")), refused.candidates, above)
    return prompt(view, setting, view.words(refused.message, **refused.values), above=above)


def which_value(view: View, setting: Setting, ambiguous: Ambiguous) -> Screen:
    """What `/settings KEY VALUE` answers where several values may be meant: a button for each of them."""
    head = heading(view, Html(f"<b>{view.words(setting.title)}</b>"))
    rows = (*_offered_rows(view, setting, ambiguous.candidates), (close_button(view),))
    return Screen(text_of(head, view.words(N_("Did you mean:"))), rows)


def explanation(view: View, setting: Setting) -> Screen:
    """What `/settings KEY` answers: everything there is to know about one setting."""
    words = view.words
    command = f"/settings {setting.key}"
    if setting.kind.media:
        how = words(
            N_("Send a photo, GIF or video with {command} as its caption."), command=Html(f"<code>{command}</code>")
        )
    else:
        example = Html(f"<code>{command} {escape(setting.kind.example_in(words))}</code>")
        how = words(N_("Example: {example}"), example=example)
    text = text_of(
        Html(f"<b>{words(setting.title)}</b> (<code>{setting.key}</code>)"),
        words(setting.about(private=view.private)),
        _present(view, setting),
        words(N_("Accepted: {accepted}."), accepted=setting.kind.accepts(words)),
        how,
        gap="\n\n",
    )
    change = button(words.plain(N_("⚙️ Change it")), view.press(Action.EDITOR, setting.key))
    return Screen(text, ((change, close_button(view)),) if view.editable else ())


def saved(view: View, setting: Setting) -> Html:
    """The sentence after a change."""
    words, value = view.words, value_in_words(view, setting, view.value(setting))
    is_text = setting.kind.markup and view.value(setting) != ""
    quoted = words(N_("“{text}”"), text=value) if is_text else Html(f"<b>{escape(value)}</b>")
    sentence = words(N_("✅ Saved – {title}: {value}"), title=words(setting.title), value=quoted)
    if setting.kind.markup and _TYPED_TAG.search(str(view.value(setting))):
        hint = N_(
            "A tag that is typed stays text. For bold and the like, select the words and use Telegram's formatting."
        )
        return Html(f"{sentence}\n💡 {words(hint)}")
    return sentence


def all_saved(view: View, patch: Mapping[str, Value]) -> Html:
    """The sentences after a change of several settings at once."""
    return Html("\n".join(saved(view, one) for key, one in view.settings.items() if key in patch))


def _link_rows(view: View, setting: Setting) -> list[Row]:
    """Return a button for each link button, where people see them; it opens the screen of that one."""
    rows: list[Row] = []
    for y, row in enumerate(link_buttons.read(str(view.value(setting)))):
        places = [view.press(Action.BUTTON, setting.key, f"{y}:{x}") for x in range(len(row))]
        labels = [cut(one.label, _MOST_OF_LABEL) for one in row]
        rows.append(tuple(map(button, labels, places)))
    return rows


def previewed(view: View, setting: Setting) -> Setting | None:
    """Return the text that a setting is seen in: itself, or the one with these media or buttons; if it is set."""
    shows = (one for one in view.settings.values() if setting.key in {one.key, one.media, one.buttons})
    text = next((one for one in shows if one.kind.markup), None)
    return text if text is not None and view.value(text) else None


def copy_prompt(view: View, setting: Setting, above: str = "") -> Screen:
    """The prompt for a text that holds the present one and nothing else, so that the whole message is copied.

    Copied from a message a text keeps its formatting; a button that copies knows plain text only, of 256 characters.
    """
    cancel = button(view.words.plain(N_("✕ Cancel")), view.press(Action.CANCEL, setting.key, above))
    text = setting.localized(view.value(setting), view.languages.everybody)
    return Screen(Html(text), ((cancel,),), ask=True)


def _look_row(view: View, setting: Setting) -> Row:
    """Return the buttons that show a text as it will look, and as it is written."""
    words, row = view.words, []
    if previewed(view, setting) is not None:
        row.append(button(words.plain(N_("👁 Preview")), view.press(Action.PREVIEW, setting.key)))
        if setting.kind.markup and view.editable:
            row.append(button(words.plain(N_("📝 Edit a copy")), view.press(Action.COPY_TEXT, setting.key)))
    return tuple(row)


def _part_rows(view: View, setting: Setting) -> list[Row]:
    """Return the buttons that lead to what belongs to a text: its media, its buttons, and its variants that are set.

    One more asks for another variant.
    """
    own = [one for one in view.settings.values() if parts().get(one.key) == setting.key]
    free = [one for one in own if one.variant_of and not view.value(one)]
    rows: list[Row] = [(editor_button(view, one),) for one in own if one not in free]
    if free and view.editable:
        add = view.press(Action.TYPE, free[0].key)
        rows.append((button(view.words.plain(N_("➕ Another text, chosen at random")), add),))
    return rows


def _offered_rows(view: View, setting: Setting, offered: Sequence[Value]) -> list[Row]:
    kind = setting.kind
    press = [view.press(Action.SET, setting.key, kind.pack(value)) for value in offered]
    return in_fitting_rows(
        [button(kind.suggest(value, view.words), data) for value, data in zip(offered, press, strict=True)]
    )


def _about_topics(view: View, setting: Setting) -> list[Html]:
    """Say how a topic is chosen, to who cannot choose one from where they are."""
    if not setting.kind.here or view.here or not view.editable:
        return []
    if not view.forum:
        return [view.words(NO_TOPICS)]
    command = Html(f"<code>/settings {setting.key} here</code>")
    return [view.words(N_("To choose a topic, send {command} in it."), command=command)]


def _here_button(view: View, setting: Setting, here: Here) -> Button:
    """Return the button that sets the topic in which the menu was opened."""
    words, value = view.words, topic_value(view.chat_id, here.thread, here.name)
    name = cut(safe_name(here.name), _MOST_OF_LABEL)
    label = words.plain(N_("📍 In this topic: {name}"), name=name) if name else words.plain(N_("📍 In this topic"))
    data = view.press(Action.SET, setting.key, setting.kind.pack(value))
    holds = thread_in(str(view.value(setting)), view.chat_id) == here.thread
    return button(f"● {label}", data, "primary") if holds else button(label, data)


def _present(view: View, setting: Setting) -> Html:
    words, value = view.words, view.value(setting)
    if setting.kind.markup:
        shown = markup.beginning(str(setting.localized(value, words)), _MOST_OF_TEXT)
        now = Html(shown) if value else words(N_("nothing"))
        return words(N_("<b>Now:</b>\n{value}"), value=now)
    lines = [words(N_("Now: <b>{value}</b>"), value=value_in_words(view, setting, value))]
    if remark := setting.kind.remark(value, words):
        lines.append(escape(remark))
    if view.chosen(setting):
        lines.append(words(N_("Default: {value}"), value=value_in_words(view, setting, None)))
    return Html("\n".join(lines))


def _default_button(view: View, setting: Setting) -> Row:
    """Return the button that takes a choice back, where there is one to take back."""
    if not view.chosen(setting):
        return ()
    label = N_("↩️ Default") if setting.default != "" else N_("🗑 Remove")
    return (button(view.words.plain(label), view.press(Action.DEFAULT, setting.key)),)


def _preset_button(view: View, setting: Setting, value: Value) -> Button:
    holds = view.value(setting) == value
    label, data = value_in_words(view, setting, value), view.press(Action.SET, setting.key, setting.kind.pack(value))
    return button(f"● {label}", data, "primary") if holds else button(label, data)
