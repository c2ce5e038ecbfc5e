// Formats for what is selected in the field: a toolbar, and the same by Ctrl and a letter.

import { h } from "./dom.js";
import { form, toast } from "./overlays.js";
import { linked } from "./text.js";

const MARKS = [
  { label: "Bold", sign: "B", mark: "**", key: "b" },
  { label: "Italic", sign: "I", mark: "__", key: "i" },
  { label: "Strikethrough", sign: "S", mark: "~~", key: "x", shift: true },
  { label: "Spoiler", sign: "▒", mark: "||", key: "p", shift: true },
  { label: "Code", sign: "‹›", mark: "`", key: "m", shift: true },
];

/** The toolbar of one field; `changed` is called after the text was changed. */
export class Formatting {
  constructor(field, changed) {
    this.field = field;
    this.changed = changed;
    const keep = { mousedown: (event) => event.preventDefault() };
    const button = (label, sign, hint, action) => h("button", { type: "button", title: `${label} (${hint})`, aria: { label }, on: { ...keep, click: action } }, sign);
    const marks = MARKS.map((one) => button(one.label, one.sign, `Ctrl+${one.shift ? "Shift+" : ""}${one.key.toUpperCase()}`, () => this.#wrap(one.mark)));
    this.root = h("div", { class: "formats", role: "toolbar", aria: { label: "Format the selected text" }, hidden: true }, marks, button("Link", "Link", "Ctrl+K", () => this.#link()));
    document.addEventListener("selectionchange", () => this.#show());
  }

  #show() {
    const { selectionStart: start, selectionEnd: end } = this.field;
    this.root.hidden = document.activeElement !== this.field || start === end;
  }

  /** Whether the key was one of the shortcuts. */
  key(event) {
    if (!event.ctrlKey && !event.metaKey) return false;
    const key = event.key.toLowerCase();
    const found = MARKS.find((one) => one.key === key && (!one.shift || event.shiftKey));
    if (!found && key !== "k") return false;
    event.preventDefault();
    if (found) this.#wrap(found.mark);
    else this.#link();
    return true;
  }

  #wrap(mark) {
    const { selectionStart: start, selectionEnd: end, value } = this.field;
    this.field.setRangeText(mark + value.slice(start, end) + mark, start, end, "select");
    this.field.setSelectionRange(start + mark.length, end + mark.length);
    this.changed();
  }

  async #link() {
    const { selectionStart: start, selectionEnd: end, value } = this.field;
    const fields = [
      { name: "address", label: "Address", required: true, placeholder: "https://" },
      { name: "text", label: "Text", value: value.slice(start, end), required: true },
    ];
    const given = await form("Link", fields, "Insert");
    if (!given) return;
    if (!linked(given.address)) return void toast("That is not an address", undefined, { bad: true });
    this.field.setRangeText(`[${given.text.replace(/[[\]\n]/g, "")}](${given.address})`, start, end, "end");
    this.field.focus();
    this.changed();
  }
}
