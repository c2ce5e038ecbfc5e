// Where one writes: the field, the bar of what is answered or edited, the command menu, the reply keyboard.

import { arrows, fill, h, icon, iconButton } from "./dom.js";
import { Formatting } from "./formatting.js";
import { tapKey } from "./links.js";
import { author, excerptLine } from "./services.js";
import { parsed, typedAgain } from "./text.js";
import { world } from "./world.js";

export class Composer {
  constructor(pane) {
    this.pane = pane;
    this.reply = null;
    this.editing = null;
    this.drafts = new Map();
    this.commands = [];
    this.keysOpen = true;
    const id = `commands-${pane.name}`;
    this.field = h("textarea", {
      class: "field", rows: 1, maxlength: 8192, placeholder: "Message", role: "combobox",
      aria: { label: "Message", controls: id, expanded: false, autocomplete: "list" },
      on: { input: () => this.#typed(), keydown: (event) => this.#key(event), paste: (event) => this.#pasted(event) },
    });
    this.formatting = new Formatting(this.field, () => this.#typed());
    this.bar = h("div", { class: "bar", hidden: true });
    this.hints = h("ul", { class: "hints", id, role: "listbox", aria: { label: "Commands" }, hidden: true });
    this.keys = h("div", { class: "reply-keys", role: "group", aria: { label: "Reply keyboard" }, hidden: true });
    this.menuButton = h("button", { type: "button", class: "menu-button", on: { click: () => this.#openMenu() } }, icon("menu"), "Menu");
    this.keysButton = iconButton("keyboard", "Reply keyboard", () => this.#toggleKeys(), { hidden: true });
    this.pick = h("input", { type: "file", hidden: true, on: { change: () => this.#picked() } });
    this.send = iconButton("send", "Send", () => this.submit(), { class: "send" });
    const attach = iconButton("attach", "Send a file", () => this.pick.click());
    this.line = h("div", { class: "line" }, attach, this.menuButton, this.field, this.keysButton, this.send);
    this.instead = h("div", { class: "instead", hidden: true });
    this.root = h("footer", { class: "composer" }, this.hints, this.bar, this.formatting.root, this.line, this.pick, this.instead, this.keys);
    arrows(this.keys, "button");
  }

  /** Another chat or person: keep what was typed. */
  moved(before, now) {
    if (before) this.drafts.set(before, this.field.value);
    this.reply = this.editing = null;
    this.field.value = this.drafts.get(now) ?? "";
    this.keysOpen = true;
    this.#typed();
  }

  /** Draw what the view says: who may write, commands, keyboard, the message answered. */
  update(view) {
    this.commands = view?.commands ?? [];
    const instead = this.#instead(view);
    this.line.hidden = Boolean(instead);
    this.instead.hidden = !instead;
    if (instead) fill(this.instead, instead);
    const list = view?.messages ?? [];
    for (const kind of ["reply", "editing"]) {
      if (this[kind] && !list.some((message) => message.key === this[kind].key)) this[kind] = null;
    }
    this.menuButton.hidden = view?.chat.type !== "private" || !this.commands.length;
    this.#drawBar();
    this.#drawKeys(instead ? null : view?.keyboard);
    this.#hint();
  }

  answer(message, { quietly = false } = {}) {
    this.editing = null;
    this.reply = message;
    this.#drawBar();
    if (!quietly) this.field.focus();
  }

  edit(message) {
    this.reply = null;
    this.editing = message;
    this.field.value = typedAgain(message.text ?? message.caption ?? "", message.entities ?? message.caption_entities);
    this.#typed();
    this.#drawBar();
    this.field.focus();
  }

  insert(text) {
    this.field.value = text;
    this.#typed();
    this.field.focus();
  }

  async submit(given = null) {
    const typed = given ?? this.field.value;
    if (!typed.trim()) return;
    const { text, entities } = parsed(typed);
    const marks = entities.length ? { entities } : {};
    const { editing, reply } = this;
    if (given === null) this.field.value = "";
    this.reply = this.editing = null;
    this.#typed();
    this.#drawBar();
    const done = editing
      ? await this.pane.act("edit", { message: editing.key, text, ...marks })
      : await this.pane.act("say", { text, ...marks, topic: this.pane.topic || undefined, reply_to: reply?.key });
    if (done === undefined && given === null && !this.field.value) {
      this.insert(typed);
      if (editing) this.editing = editing;
      else if (reply) this.reply = reply;
      this.#drawBar();
    }
  }

  #instead(view) {
    const { person, chat } = this.pane;
    const who = world.person(person);
    if (!who || !view) return null;
    const button = (label, action, kind = "") => h("button", { type: "button", class: `wide-button ${kind}`, on: { click: action } }, label);
    if (chat === person) {
      if (who.blocked) return button("Unblock the bot", () => this.pane.act("unblock"));
      if (!who.started && !view.messages.length) return button("Start", () => this.pane.act("start"));
      return null;
    }
    if (!world.isIn(chat, person)) {
      if (view.member?.status === "kicked") return h("p", { class: "closed" }, `${who.first_name} was removed and cannot come back unless an admin adds them.`);
      return button(`Join as ${who.first_name}`, () => this.pane.act("join"));
    }
    const admin = ["creator", "administrator"].includes(view.member?.status);
    if (view.chat.type === "channel" && !admin) return h("p", { class: "closed" }, "Only administrators post in this channel");
    return null;
  }

  #drawBar() {
    const message = this.editing ?? this.reply;
    this.bar.hidden = !message;
    this.field.placeholder = this.reply?.reply_markup?.input_field_placeholder ?? (this.pane.view?.keyboard?.input_field_placeholder || "Message");
    if (!message) return;
    const title = this.editing ? "Edit message" : `Reply to ${author(message).name}`;
    const stop = () => this.stop();
    fill(this.bar, icon(this.editing ? "edit" : "reply"), h("span", { class: "bar-text" }, h("b", {}, title), excerptLine(message)), iconButton("close", this.editing ? "Stop editing" : "Do not reply", stop));
  }

  /** Leave what is being answered or edited; whether there was anything. */
  stop() {
    if (!this.editing && !this.reply) return false;
    if (this.editing) this.field.value = "";
    this.editing = this.reply = null;
    this.#typed();
    this.#drawBar();
    this.field.focus();
    return true;
  }

  #drawKeys(markup) {
    const rows = markup?.keyboard ?? [];
    this.keysButton.hidden = !rows.length;
    this.keys.hidden = !rows.length || !this.keysOpen;
    if (!rows.length) return;
    const key = (one) => h("button", { type: "button", class: `key ${["primary", "success", "danger"].includes(one.style) ? one.style : ""}`, on: { click: () => this.#tapped(one, markup) } }, one.text);
    fill(this.keys, rows.map((row) => h("div", { class: "keys" }, row.map(key))));
  }

  async #tapped(key, markup) {
    await tapKey(key, this.pane);
    if (markup.one_time_keyboard) this.#toggleKeys(false);
  }

  #toggleKeys(open = !this.keysOpen) {
    this.keysOpen = open;
    this.keys.hidden = !open;
  }

  #typed() {
    if (!CSS.supports("field-sizing", "content")) {
      this.field.style.height = "auto";
      this.field.style.height = `${this.field.scrollHeight}px`;
    }
    this.send.classList.toggle("ready", Boolean(this.field.value.trim()));
    this.#hint();
  }

  #openMenu() {
    if (!this.hints.hidden && this.field.value === "/") this.insert("");
    else this.insert("/");
  }

  #hint() {
    const wanted = /^\/([\w]*)$/.exec(this.field.value)?.[1].toLowerCase();
    const found = wanted === undefined || this.field.disabled ? [] : this.commands.filter((one) => one.command.startsWith(wanted));
    this.hints.hidden = !found.length;
    this.field.setAttribute("aria-expanded", String(found.length > 0));
    const option = (one, index) => {
      const choose = (event) => {
        event.preventDefault();
        this.#complete(one, true);
      };
      return h("li", { id: `${this.hints.id}-${index}`, role: "option", aria: { selected: index === 0 }, data: { command: one.command }, on: { mousedown: choose } },
        h("b", {}, `/${one.command}`), h("span", {}, one.description), one.is_ephemeral && h("small", { title: "Only you and the bot see it" }, icon("eye")));
    };
    fill(this.hints, found.map(option));
    this.#mark(0);
  }

  #mark(index) {
    const all = [...this.hints.children];
    all.forEach((one, at) => one.setAttribute("aria-selected", String(at === index)));
    all[index]?.scrollIntoView({ block: "nearest" });
    if (all[index]) this.field.setAttribute("aria-activedescendant", all[index].id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  #complete(command, now) {
    if (now) this.submit(`/${command.command}`).then(() => this.insert(""));
    else this.insert(`/${command.command} `);
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.formatting.key(event)) return undefined;
    if (!this.hints.hidden && this.#hintKey(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      return this.submit();
    }
    if (event.key === "Escape" && this.stop()) return event.stopPropagation();
    if (event.key === "ArrowUp" && !this.field.value) return this.pane.timeline.focusLast(event);
    return undefined;
  }

  #hintKey(event) {
    const all = [...this.hints.children];
    const now = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.#mark((now + step + all.length) % all.length);
    else if (event.key === "Escape") this.hints.hidden = true;
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
      const command = this.commands.find((one) => one.command === all[now].dataset.command);
      this.#complete(command, event.key === "Enter");
    } else return false;
    if (event.key === "Escape") event.stopPropagation();
    return true;
  }

  #picked() {
    const [file] = this.pick.files;
    this.pick.value = "";
    if (file) this.pane.sendFile(file);
  }

  #pasted(event) {
    const [file] = event.clipboardData?.files ?? [];
    if (!file) return;
    event.preventDefault();
    this.pane.sendFile(file);
  }
}
