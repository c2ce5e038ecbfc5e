"""The pages of the menu: plain functions from a view to a text with buttons."""

from __future__ import annotations

from bot.features.settings.layout import Row, close_button, foot, heading, in_rows, text_of
from bot.features.settings.view import View
from bot.features.settings.wording import value_in_words
from bot.kinds import Section, Setting
from bot.settings import parts
from bot.telegram.access import who_may_look
from bot.telegram.callback_data import Action, Press
from bot.telegram.screens import Button, Screen, button
from bot.words import N_, Html, escape

# A phone shows so many characters of a button that is alone in its row.
_WIDEST = 36
_MOST_TYPED = 64


def home(view: View, note: Html | None = None) -> Screen:
    """The first screen: what differs from the default, and the sections."""
    words = view.words
    lines = [*([note] if note else []), *restrictions(view)]
    if chosen := view.chosen_settings():
        lines += [words(N_("Set here:")), *(_line(view, one) for one in chosen)]
    else:
        lines.append(words(N_("All settings are at their defaults.")))
    sections = [
        button(f"{section.emoji} {words.plain(section.title)}", view.press(Action.SECTION, section.code))
        for section in view.sections()
    ]
    history = button(words.plain(N_("🕘 History")), view.press(Action.HISTORY))
    others = button(words.plain(N_("⋯ More")), view.press(Action.MORE))
    if view.in_private:
        last: list[Row] = [(groups_button(view), history), (others, close_button(view))]
    else:
        last = [(history, others), (close_button(view),)]
    return Screen(text_of(heading(view), *lines), (*in_rows(sections, 2), *last))


def more(view: View) -> Screen:
    """What is done with all settings at once."""
    words = view.words
    entries = [
        button(words.plain(N_("🪪 Card")), view.press(Action.CARD)),
        button(words.plain(N_("📤 Export")), view.press(Action.EXPORT)),
    ]
    if view.editable:
        entries.append(button(words.plain(N_("📥 Import")), view.press(Action.IMPORT)))
    if view.editable and not view.private:
        entries.append(button(words.plain(N_("📋 Copy from …")), view.press(Action.COPY)))
    if not view.private:
        entries.append(button(words.plain(N_("🩺 Check")), view.press(Action.CHECK)))
    rows = in_rows(entries, 2)
    if view.editable and view.stored.chosen:
        rows.append((button(words.plain(N_("🗑 Reset everything")), view.press(Action.ASK_RESET), "danger"),))
    if view.owner and view.stored.revision:
        rows.append((button(words.plain(N_("🔥 Delete all data")), view.press(Action.ASK_ERASE), "danger"),))
    text = words(N_("Take the settings along, bring some in, or start over."))
    return Screen(text_of(heading(view), text), (*rows, foot(view, Action.HOME)))


def ask_reset(view: View, shown: Section | None) -> Screen:
    """The question before a section, or everything, goes back to its default."""
    words, code = view.words, shown.code if shown else ""
    text = text_of(
        heading(view),
        words(N_("These go back to their default:")),
        *(_line(view, one) for one in view.chosen_settings(shown)),
        words(N_("One undo brings them back.")),
    )
    yes = button(words.plain(N_("🗑 Reset")), view.press(Action.RESET, code), "danger")
    return Screen(text, ((yes,), foot(view, Action.SECTION if shown else Action.MORE, code)))


def found(view: View, typed: str, matches: list[Setting]) -> Screen:
    """What a search by `/settings WORD` found."""
    head = view.words(N_("Settings like “{typed}”:"), typed=typed[:64])
    rows: list[Row] = [(_setting_button(view, one),) for one in matches]
    text = text_of(heading(view), head, *(_line(view, one) for one in matches))
    return Screen(text, (*rows, foot(view, Action.HOME)))


def unknown(view: View, typed: str, close: list[str]) -> Screen:
    """The answer to what names no setting: a button that opens each that may be meant; subcommands are to be typed."""
    words = view.words
    lines = [words(N_("There is no setting “{typed}”."), typed=typed[:_MOST_TYPED])]
    rows: list[Row] = [(editor_button(view, view.settings[key]),) for key in close if key in view.settings]
    commands = [Html(f"<code>/settings {word}</code>") for word in close if word not in view.settings]
    if close:
        lines.append(Html(" ".join([words(N_("Did you mean:")), words.joined(commands)]).strip()))
    else:
        lines.append(words(N_("<code>/settings keys</code> lists all of them.")))
    return Screen(Html("\n".join(lines)), (*rows, foot(view, Action.HOME)))


def keys(view: View) -> Screen:
    """What `/settings keys` answers: every key with its title."""
    words = view.words
    parts = [words(N_("🔑 <b>Keys</b>: <code>/settings KEY VALUE</code> sets one."))]
    for shown in view.sections():
        ones = [one for one in view.settings.values() if one.section is shown]
        parts.append(Html("\n".join(f"<code>{one.key}</code> – {words(one.title)}" for one in ones)))
    return Screen(text_of(heading(view), *parts, gap="\n\n"), (foot(view, Action.HOME),))


def only_in_groups(view: View, meant: list[Setting]) -> Screen:
    """The answer in private to the key of a setting that only groups have."""
    words = view.words
    titles = Html(words.joined(f"<b>{words(one.title)}</b>" for one in meant))
    text = words(N_("Only groups have that: {titles}. Choose the group, or send /settings in it."), titles=titles)
    return Screen(text, ((groups_button(view),), foot(view, Action.HOME)))


def groups_button(view: View) -> Button:
    """Return the button that leads to the person's groups; it works in their private chat only."""
    return button(view.words.plain(N_("👥 Your groups")), Press(Action.CHATS, view.person.id).pack())


def section(view: View, shown: Section, note: Html | None = None) -> Screen:
    """The settings of a section with their values; a switch can be set right here."""
    settings = [one for one in view.settings.values() if one.section is shown and one.key not in parts()]
    settings = [one for one in settings if view.of_use(one)]
    explained = Html(
        "\n".join(f"{_line(view, one)}\n<i>{view.words(one.about(private=view.private))}</i>" for one in settings)
    )
    text = text_of(heading(view, section_title(view, shown)), *([note] if note else []), explained, gap="\n\n")
    rows: list[Row] = [(_setting_button(view, one),) for one in settings]
    if view.editable and view.chosen_settings(shown):
        rows.append((button(view.words.plain(N_("🗑 Reset this section")), view.press(Action.ASK_RESET, shown.code)),))
    return Screen(text, (*rows, foot(view, Action.HOME)))


def section_title(view: View, shown: Section) -> Html:
    """Return the title of a section with its emoji."""
    return Html(f"{shown.emoji} {view.words(shown.title)}")


def restrictions(view: View) -> list[Html]:
    """Say why nothing can be changed: the database is away, or other people have the right to."""
    if not view.current:
        return [view.words(N_("⏳ The database cannot be reached at the moment: this is what I last knew."))]
    return [] if view.editable else [view.words(who_may_look(view.stored.config))]


def _line(view: View, setting: Setting) -> Html:
    mark = "•" if view.chosen(setting) else "◦"
    value = escape(view.words.isolated(value_in_words(view, setting, view.value(setting))))
    return Html(f"{mark} <b>{view.words(setting.title)}</b>: {value}")


def _setting_button(view: View, setting: Setting) -> Button:
    words, value = view.words, view.value(setting)
    title = words.plain(setting.title)
    other = setting.kind.switched(value)
    if other is not None and view.editable:
        label = words.plain(N_("✓ {title}") if value else N_("○ {title}"), title=title)
        data = view.press(Action.SET, setting.key, setting.kind.pack(other))
        return button(label, data, "success" if value else None)
    return editor_button(view, setting)


def editor_button(view: View, setting: Setting) -> Button:
    """Return the button that opens the editor of a setting, with its value where there is room."""
    words, value, title = view.words, view.value(setting), view.words.plain(setting.title)
    label = words.plain(N_("{title} ›"), title=title)
    if not setting.kind.markup:
        full = words.plain(N_("{title}: {value} ›"), title=title, value=value_in_words(view, setting, value))
        label = full if len(full) <= _WIDEST else label
    return button(label, view.press(Action.EDITOR, setting.key))
