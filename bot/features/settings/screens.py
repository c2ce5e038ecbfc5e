"""The screens of the menu: plain functions from a view to a text with buttons."""

from __future__ import annotations

import re

from bot.features.settings.view import View
from bot.kinds import Section, Setting, Switch, Value
from bot.kinds.filling import safe_name
from bot.telegram.access import who_may_change
from bot.telegram.callback_data import pack_value
from bot.telegram.screens import Button, Screen, button
from bot.words import N_, Html, escape

Row = tuple[Button, ...]

# The letters a button can carry; one place, so that none means two things.
HOME, SECTION, EDITOR, SET, DEFAULT, TYPE = "h", "s", "e", "v", "d", "t"
CANCEL, CLOSE, HISTORY, UNDO = "c", "x", "l", "u"
CHATS, PICK, REVERT, MORE, EXPORT = "g", "p", "w", "m", "b"
IMPORT, APPLY, COPY, COPY_FROM, CHECK = "i", "a", "y", "f", "k"
ASK_RESET, RESET, ASK_ERASE, ERASE = "q", "z", "j", "n"
CARD, POST = "C", "B"

_SNIPPET = 60
# Characters of a button that a phone shows in full: alone in its row, as one of two, as one of three.
_WIDEST, _HALF, _THIRD = 36, 19, 11
# What people type who hope for formatting: the tags that formatting itself is stored as, but written out as text.
_TYPED_TAG = re.compile(r"&lt;/?(?:a|b|blockquote|code|del|em|i|ins|pre|s|strike|strong|tg-[a-z]+|u)\b", re.IGNORECASE)


def home(view: View, note: Html | None = None) -> Screen:
    """The first screen: what differs from the default, and the sections."""
    words = view.words
    changed = [one for one in view.settings.values() if view.chosen(one)]
    lines = [heading(view), *([note] if note else []), *_why_not(view)]
    if changed:
        lines += [words(N_("Set here:")), *(_line(view, one) for one in changed)]
    else:
        lines.append(words(N_("All settings are at their defaults.")))
    sections = [
        button(f"{section.emoji} {words.plain(section.title)}", view.press(SECTION, section.code))
        for section in view.sections()
    ]
    history = button(words.plain(N_("🕘 History")), view.press(HISTORY))
    if view.private:
        own = button(words.plain(N_("👥 Your groups")), view.press(CHATS))
        last: list[Row] = [(own, history), (button(words.plain(N_("⋯ More")), view.press(MORE)), _close(view))]
    else:
        last = [(history, button(words.plain(N_("⋯ More")), view.press(MORE))), (_close(view),)]
    return Screen(_text(lines), (*_pairs(sections), *last))


def more(view: View) -> Screen:
    """What is done with all settings at once."""
    words = view.words
    lines = [heading(view), words(N_("Take the settings along, bring some in, or look whether everything works."))]
    entries = [
        button(words.plain(N_("🪪 Card")), view.press(CARD)),
        button(words.plain(N_("📤 Export")), view.press(EXPORT)),
    ]
    if view.editable:
        entries.append(button(words.plain(N_("📥 Import")), view.press(IMPORT)))
    if view.editable and not view.private:
        entries.append(button(words.plain(N_("📋 Copy from …")), view.press(COPY)))
    if not view.private:
        entries.append(button(words.plain(N_("🩺 Check")), view.press(CHECK)))
    rows = _pairs(entries)
    if view.editable and view.stored.chosen:
        rows.append((button(words.plain(N_("🗑 Reset everything")), view.press(ASK_RESET), "danger"),))
    if view.owner and view.stored.revision:
        rows.append((button(words.plain(N_("🔥 Delete all data")), view.press(ASK_ERASE), "danger"),))
    return Screen(_text(lines), (*rows, foot(view, HOME)))


def ask_reset(view: View, shown: Section | None) -> Screen:
    """The question before a section, or everything, goes back to its default."""
    words, code = view.words, shown.code if shown else ""
    chosen = [one for one in view.settings.values() if view.chosen(one) and shown in (None, one.section)]
    lines = [heading(view), words(N_("These go back to their default:")), *(_line(view, one) for one in chosen)]
    lines.append(words(N_("One undo brings them back.")))
    yes = button(words.plain(N_("🗑 Reset")), view.press(RESET, code), "danger")
    return Screen(_text(lines), ((yes,), foot(view, SECTION if shown else MORE, code)))


def found(view: View, typed: str, matches: list[Setting]) -> Screen:
    """What a search by `/settings WORD` found."""
    words = view.words
    lines = [
        heading(view),
        words(N_("Settings like “{typed}”:"), typed=typed[:64]),
        *(_line(view, one) for one in matches),
    ]
    rows: list[Row] = [(_setting_button(view, one),) for one in matches]
    return Screen(_text(lines), (*rows, foot(view, HOME)))


def only_in_groups(view: View, meant: list[Setting]) -> Screen:
    """What is said in private about settings that only groups have."""
    words = view.words
    titles = Html(", ".join(f"<b>{words(one.title)}</b>" for one in meant))
    groups = button(words.plain(N_("👥 Your groups")), view.press(CHATS))
    text = words(N_("Only groups have that: {titles}. Choose the group, or send /settings in it."), titles=titles)
    return Screen(text, ((groups,), foot(view, HOME)))


def section(view: View, shown: Section, note: Html | None = None) -> Screen:
    """The settings of a section with their values; a switch can be set right here."""
    settings = [one for one in view.settings.values() if one.section is shown]
    lines = [heading(view, _section_title(view, shown)), *([note] if note else [])]
    lines.append(Html("\n".join(f"{_line(view, one)}\n<i>{view.words(one.help)}</i>" for one in settings)))
    rows: list[Row] = [(_setting_button(view, one),) for one in settings]
    if view.editable and any(view.chosen(one) for one in settings):
        rows.append((button(view.words.plain(N_("🗑 Reset this section")), view.press(ASK_RESET, shown.code)),))
    return Screen(_text(lines, gap="\n\n"), (*rows, foot(view, HOME)))


def editor(view: View, setting: Setting, note: Html | None = None, offered: Value | None = None) -> Screen:
    """One setting: its value, what it does, and the ways to change it, first of all to what is `offered`."""
    words = view.words
    head = heading(view, _section_title(view, setting.section), Html(f"<b>{words(setting.title)}</b>"))
    lines = [head, *([note] if note else []), words(setting.help), _present(view, setting), *_why_not(view)]
    rows: list[Row] = []
    if view.editable:
        if offered is not None:
            label = words.plain(N_("Set it to: {value}"), value=shown(view, setting, offered, most=40))
            rows.append((button(label, view.press(SET, setting.key, pack_value(offered)), "success"),))
        rows += _fitting([_preset_button(view, setting, value) for value in setting.kind.presets()])
        change: list[Button] = []
        if setting.kind.typed:
            change.append(button(words.plain(N_("✏️ Type it")), view.press(TYPE, setting.key)))
        if view.chosen(setting):
            change.append(button(words.plain(N_("↩️ Default")), view.press(DEFAULT, setting.key)))
        rows += [tuple(change)] if change else []
    return Screen(_text(lines, gap="\n\n"), (*rows, foot(view, SECTION, setting.section.code)))


def prompt(view: View, setting: Setting, note: Html | None = None) -> Screen:
    """The question for a typed value; the reply to it is the answer, whenever it comes."""
    words = view.words
    lines = [
        heading(view, Html(f"<b>{words(setting.title)}</b>")),
        *([note] if note else []),
        words(N_("<b>Reply to this message</b> with the new value: {accepted}."), accepted=setting.kind.accepts(words)),
    ]
    buttons = [button(words.plain(N_("✕ Cancel")), view.press(CANCEL, setting.key))]
    if view.chosen(setting):
        buttons.insert(0, button(words.plain(N_("↩️ Default")), view.press(DEFAULT, setting.key)))
    return Screen(_text(lines, gap="\n\n"), (tuple(buttons),), ask=True)


def explanation(view: View, setting: Setting) -> Screen:
    """What `/settings KEY` answers: everything there is to know about one setting."""
    words = view.words
    lines = [
        Html(f"<b>{words(setting.title)}</b> (<code>{setting.key}</code>)"),
        words(setting.help),
        _present(view, setting),
        words(N_("Accepted: {accepted}."), accepted=setting.kind.accepts(words)),
        words(
            N_("Example: {example}"),
            example=Html(f"<code>/settings {setting.key} {escape(setting.kind.example)}</code>"),
        ),
    ]
    change = button(words.plain(N_("⚙️ Change it")), view.press(EDITOR, setting.key))
    return Screen(_text(lines, gap="\n\n"), ((change, _close(view)),) if view.editable else ())


def shown(view: View, setting: Setting, value: Value | None, *, most: int = _SNIPPET) -> str:
    """Return a value in words, plain and short; None stands for the default, "nothing" for an empty text."""
    spoken = setting.show(setting.default if value is None else value, view.words)
    if not spoken:
        return view.words.plain(N_("nothing"))
    return safe_name(spoken if len(spoken) <= most else f"{spoken[: most - 1]}…")


def saved(view: View, setting: Setting) -> Html:
    """The sentence after a change."""
    words, value = view.words, shown(view, setting, view.value(setting))
    said = words(N_("“{text}”"), text=value) if setting.kind.markup else Html(f"<b>{escape(value)}</b>")
    sentence = words(N_("✅ Saved – {title}: {value}"), title=words(setting.title), value=said)
    if setting.kind.markup and _TYPED_TAG.search(str(view.value(setting))):
        hint = N_(
            "A tag that is typed stays text. For bold and the like, select the words and use Telegram's formatting."
        )
        return Html(f"{sentence}\n💡 {words(hint)}")
    return sentence


def heading(view: View, *path: Html) -> Html:
    """Return the first line of a screen: which chat it concerns, and where in its settings it stands."""
    words = view.words
    first = words(N_("⚙️ <b>{chat}</b>"), chat=view.title) if view.title else words(N_("⚙️ <b>Your settings</b>"))
    return Html(" › ".join([first, *path]))


def _why_not(view: View) -> list[Html]:
    """Who may only look is told who may change; without the database nobody can."""
    if not view.current:
        return [view.words(N_("⏳ The database cannot be reached at the moment: this is what I last knew."))]
    return [] if view.editable else [Html(f"👀 {view.words(who_may_change(view.stored.config))}")]


def _section_title(view: View, shown: Section) -> Html:
    return Html(f"{shown.emoji} {view.words(shown.title)}")


def _line(view: View, setting: Setting) -> Html:
    mark = "•" if view.chosen(setting) else "◦"
    value = escape(shown(view, setting, view.value(setting)))
    return Html(f"{mark} <b>{view.words(setting.title)}</b>: {value}")


def _present(view: View, setting: Setting) -> Html:
    words, value = view.words, view.value(setting)
    if setting.kind.markup:
        now = Html(setting.spoken(value, words)) if value else words(N_("nothing"))
        return words(N_("<b>Now:</b>\n{value}"), value=now)
    lines = [words(N_("Now: <b>{value}</b>"), value=shown(view, setting, value))]
    if view.chosen(setting):
        lines.append(words(N_("Default: {value}"), value=shown(view, setting, None)))
    return Html("\n".join(lines))


def _setting_button(view: View, setting: Setting) -> Button:
    words, value = view.words, view.value(setting)
    title = words.plain(setting.title)
    if isinstance(setting.kind, Switch) and view.editable:
        label = words.plain(N_("✓ {title}") if value else N_("○ {title}"), title=title)
        return button(label, view.press(SET, setting.key, pack_value(not value)), "success" if value else None)
    if setting.kind.markup:
        return button(words.plain(N_("{title} ›"), title=title), view.press(EDITOR, setting.key))
    label = words.plain(N_("{title}: {value} ›"), title=title, value=shown(view, setting, value))
    if len(label) > _WIDEST:
        label = words.plain(N_("{title} ›"), title=title)
    return button(label, view.press(EDITOR, setting.key))


def _preset_button(view: View, setting: Setting, value: Value) -> Button:
    now = view.value(setting) == value
    label = shown(view, setting, value)
    return button(
        f"● {label}" if now else label, view.press(SET, setting.key, pack_value(value)), "primary" if now else None
    )


def foot(view: View, action: str, key: str = "") -> Row:
    """The last row of every screen: the way back and the way out."""
    return (_back(view, action, key), _close(view))


def _back(view: View, action: str, key: str = "") -> Button:
    return button(view.words.plain(N_("‹ Back")), view.press(action, key))


def _close(view: View) -> Button:
    return button(view.words.plain(N_("✕ Close")), view.press(CLOSE))


def _pairs(buttons: list[Button]) -> list[Row]:
    return _rows(buttons, 2)


def _fitting(buttons: list[Button]) -> list[Row]:
    """As many in a row as can be read in full, and three below each other rather than a lonely third."""
    widest = max((len(one.text) for one in buttons), default=0)
    if widest <= _THIRD and len(buttons) not in {2, 4}:
        return _rows(buttons, 3)
    return _rows(buttons, 2 if widest <= _HALF and len(buttons) != 3 else 1)


def _rows(buttons: list[Button], most: int) -> list[Row]:
    return [tuple(buttons[at : at + most]) for at in range(0, len(buttons), most)]


def _text(lines: list[Html], gap: str = "\n") -> Html:
    head, *rest = lines
    return Html("\n\n".join([head, gap.join(rest)]))
