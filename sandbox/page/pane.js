// One chat as one person sees it: head, pins, topics, messages, the field to write in.

import { api } from "./api.js";
import { Composer } from "./composer.js";
import { arrows, avatar, fill, h, icon, iconButton } from "./dom.js";
import { openInfo } from "./info.js";
import { openLink } from "./links.js";
import { messageMenu } from "./deeds.js";
import { continues, dayAbove, messageElement } from "./messages.js";
import { alertBox, attempt, dialog, form, menu, toast } from "./overlays.js";
import { excerpt } from "./services.js";
import { personEntries } from "./people.js";
import { world } from "./world.js";

const NEAR = 80;
const SHOWN = 150;
const TYPING_MS = 5000;

export class Pane {
  constructor(name, app) {
    this.name = name;
    this.app = app;
    this.person = null;
    this.chat = null;
    this.topic = null;
    this.rows = new Map();
    this.places = new Map();
    this.forced = new Map();
    this.waiting = new Map();
    this.shown = SHOWN;
    this.head = h("header", { class: "pane-head" });
    this.pins = h("div", { class: "pins", hidden: true });
    this.topics = h("div", { class: "topics", role: "toolbar", aria: { label: "Topics" }, hidden: true });
    this.list = h("div", { class: "messages", role: "log", tabindex: 0, aria: { label: "Messages", live: "polite", relevant: "additions" }, id: name === "first" ? "messages" : null });
    this.fresh = h("button", { type: "button", class: "to-end", hidden: true, aria: { label: "To the newest message" }, on: { click: () => this.toEnd(true) } }, icon("down"), h("span", { class: "count", hidden: true }));
    this.toasts = h("div", { class: "toasts in-pane", role: "status", aria: { live: "polite" } });
    this.composer = new Composer(this);
    this.root = h("section", { class: `pane ${name}`, aria: { label: name === "first" ? "Chat" : "The same chat, seen by somebody else" } }, this.head, this.pins, this.topics, h("div", { class: "stage" }, this.list, this.fresh, this.toasts), this.composer.root);
    this.list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.#listKey(event));
    this.list.addEventListener("contextmenu", (event) => this.#rightClick(event));
    this.#acceptDrops();
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.list);
    arrows(this.topics, "button", { wrap: false });
    this.act_ = this.#acts();
  }

  get view() {
    return this.person === null ? null : world.view(this.person, this.chat);
  }

  get place() {
    return `${this.person}:${this.chat}`;
  }

  /** Look at a chat as a person. */
  async show(person, chat) {
    if (person === this.person && chat === this.chat) return this.draw();
    const before = this.person === null ? null : this.place;
    if (before) this.places.set(before, this.stuck ? null : this.list.scrollTop);
    Object.assign(this, { person, chat, topic: null, shown: SHOWN, stuck: true });
    this.rows.clear();
    this.list.replaceChildren();
    this.composer.moved(before, this.place);
    if (person === null) return this.draw();
    if (!this.view) await attempt(() => world.refresh(person, chat), this.toasts);
    if (person !== this.person || chat !== this.chat) return undefined;
    this.unreadFrom = world.unread(person, chat)[0]?.key ?? null;
    this.draw();
    this.#arrive();
    return undefined;
  }

  open(chat) {
    return this.app.open(this, chat);
  }

  say(text) {
    toast(text, this.toasts);
  }

  /** Do something as the person here; undefined when it was refused (and said). */
  async act(name, more = {}, chat = this.chat) {
    return attempt(async () => (await api.act(this.person, chat, name, more)) ?? null, this.toasts);
  }

  draw() {
    const view = this.view;
    if (view && view.chat.id !== this.chat && view.chat.type !== "private") return this.open(view.chat.id);
    this.#drawHead(view);
    this.#drawPins(view);
    this.#drawTopics(view);
    this.#drawMessages(view);
    this.composer.update(view);
    this.root.classList.toggle("empty", !view);
    this.#force(view);
    return undefined;
  }

  #drawHead(view) {
    const chat = view?.chat;
    const title = !chat ? "Sandbox" : chat.type === "private" ? world.bot.first_name : chat.title;
    const back = iconButton("back", "Back to the chats", () => this.app.showList(), { class: "back" });
    const me = world.person(this.person);
    const chip = me && h("button", { type: "button", class: "chip", aria: { label: `I am ${me.first_name}. Choose somebody else`, haspopup: "menu" }, on: { click: (event) => menu(personEntries(this.person, (id) => this.app.become(this, id)), event.currentTarget) } }, avatar(me.id, me.first_name), h("span", {}, me.first_name), icon("down"));
    const split = this.name === "first" ? iconButton("split", "See it as two people", () => this.app.split(), { class: "only-wide", aria: { label: "See it as two people", pressed: this.app.isSplit } }) : iconButton("close", "Close this side", () => this.app.split());
    const info = chat && h("button", { type: "button", class: "title", aria: { label: `${title}: members and more` }, on: { click: () => openInfo(this) } }, avatar(chat.type === "private" ? world.bot.id : chat.id, title, chat.type === "private" ? "bot" : "group"), h("span", { class: "title-text" }, h("b", {}, title), h("small", {}, this.#underTitle(chat))));
    fill(this.head, back, info ?? h("span", { class: "title" }, h("b", {}, title)), chip, split, chat && iconButton("more", "Members and more", () => openInfo(this)));
  }

  #underTitle(chat) {
    if (this.typing) return h("span", { class: "typing" }, this.typing);
    if (chat.type === "private") return "bot";
    const count = (chat.members ?? []).filter((one) => one.present).length;
    const kind = { group: "basic group, ", channel: "channel, " }[chat.type] ?? (chat.is_forum ? "forum, " : "");
    return `${kind}${count} ${count === 1 ? "member" : "members"}`;
  }

  #drawPins(view) {
    const key = view?.pinned[0];
    const message = view?.messages.find((one) => one.key === key);
    this.pins.hidden = !message;
    if (!message) return;
    const jump = h("button", { type: "button", class: "pin", on: { click: () => this.jump(key) } }, h("b", {}, view.pinned.length > 1 ? `Pinned messages (${view.pinned.length})` : "Pinned message"), h("span", {}, excerpt(message)));
    fill(this.pins, icon("pin"), jump, iconButton("close", "Unpin", () => this.act("unpin", { message: key })));
  }

  #drawTopics(view) {
    const topics = view?.chat.topics ?? [];
    this.topics.hidden = !view?.chat.is_forum;
    if (this.topics.hidden) return;
    const tab = (label, id) => h("button", { type: "button", aria: { pressed: this.topic === id }, on: { click: () => this.#chooseTopic(id) } }, label);
    fill(this.topics, tab("All", null), topics.map((one) => tab(one.closed ? `${one.name} (closed)` : one.name, one.id)), h("button", { type: "button", on: { click: () => this.#newTopic() } }, "+ Topic"));
  }

  #chooseTopic(id) {
    this.topic = id;
    this.draw();
    this.toEnd();
  }

  async #newTopic() {
    const given = await form("New topic", [{ name: "name", label: "Name", required: true, most: 128 }], "Create");
    const made = given && (await this.act("create_topic", given));
    if (made) this.topic = made.topic;
  }

  #drawMessages(view) {
    const every = (view?.messages ?? []).filter((one) => this.topic === null || one.message_thread_id === this.topic);
    const messages = every.slice(-this.shown);
    const nodes = [];
    if (every.length > messages.length) nodes.push(this.#earlier(every.length - messages.length));
    const used = new Set();
    messages.forEach((message, index) => {
      const before = messages[index - 1];
      const above = dayAbove(before, message, world.state.time);
      if (above) nodes.push(this.#separator("day", above));
      const unread = message.key === this.unreadFrom;
      if (unread) nodes.push(this.#separator("unread", "Unread messages"));
      nodes.push(this.#row(view, message, !above && !unread && before, messages[index + 1]));
      used.add(message.key);
    });
    for (const key of this.rows.keys()) if (!used.has(key)) this.rows.delete(key);
    if (!messages.length) nodes.push(this.#nothing(view));
    const stuck = this.stuck;
    reconcile(this.list, nodes);
    if (stuck) this.toEnd();
    else this.#counted();
  }

  #separator(kind, text) {
    const id = `${kind}:${text}`;
    const row = this.rows.get(id)?.element ?? h("div", { class: `separator ${kind}`, role: "separator" }, h("span", { class: "pill" }, text));
    this.rows.set(id, { element: row, signature: "" });
    return row;
  }

  #row(view, message, before, next) {
    const member = view.chat.members?.find((one) => one.id === message.from?.id);
    const role = member ? (member.title ?? { creator: "owner", administrator: "admin" }[member.status]) : undefined;
    const group = view.chat.type !== "private";
    const look = { first: !continues(before || null, message), last: !next || !continues(message, next) || Boolean(dayAbove(message, next, world.state.time)), named: group && !message.mine, faces: group && view.chat.type !== "channel", role };
    const signature = JSON.stringify([message, look]);
    const kept = this.rows.get(message.key);
    if (kept?.signature === signature) return kept.element;
    const element = messageElement(message, look, this.act_);
    if (kept && document.activeElement && kept.element.contains(document.activeElement)) this.refocus = kept.element;
    this.rows.set(message.key, { element, signature });
    for (const place of this.waiting.values()) element.querySelector(`[data-place="${CSS.escape(place)}"]`)?.classList.add("waiting");
    return element;
  }

  #earlier(count) {
    const more = () => {
      this.shown += SHOWN;
      this.stuck = false;
      this.draw();
    };
    return h("button", { type: "button", class: "earlier", on: { click: more } }, `${count} earlier messages`);
  }

  #nothing(view) {
    const who = world.person(this.person)?.first_name;
    if (!who) return h("div", { class: "nothing" }, h("h2", {}, "Nobody is here yet"), h("p", {}, "Make a person with the + under “I am”; then write to the bot."));
    if (!view) return h("div", { class: "nothing" }, h("p", {}, "Loading…"));
    if (view.chat.type === "private") {
      const text = world.state.bot.description || `This is ${who}’s private chat with ${world.bot.first_name}.`;
      return h("div", { class: "nothing" }, avatar(world.bot.id, world.bot.first_name, "bot"), h("h2", {}, world.bot.first_name), h("p", {}, text));
    }
    if (!world.isIn(this.chat, this.person)) return h("div", { class: "nothing" }, h("h2", {}, view.chat.title), h("p", {}, `${who} is not in here and sees nothing of it.`));
    return h("div", { class: "nothing" }, h("h2", {}, "No messages yet"), h("p", {}, "Write something, or add the bot: press the title, then “Add the bot”."));
  }

  /** The bot asked for a reply: once for each message, and without taking the focus away from elsewhere. */
  #force(view) {
    const key = view?.force_reply ?? null;
    if (key === null || this.forced.get(this.place) === key) return;
    const message = view.messages.find((one) => one.key === key);
    this.forced.set(this.place, key);
    const mine = document.activeElement === document.body || this.root.contains(document.activeElement);
    if (message && !message.mine) this.composer.answer(message, { quietly: !mine || this.name !== "first" });
  }

  /** First look at a chat: where one was, else at the first unread message, else at the end. */
  #arrive() {
    const kept = this.places.get(this.place);
    const unread = this.list.querySelector(".separator.unread");
    if (kept !== undefined && kept !== null && !unread) {
      this.list.scrollTop = kept;
      this.#scrolled();
    } else {
      this.toEnd();
      if (unread && unread.offsetTop < this.list.scrollTop) this.list.scrollTop = unread.offsetTop - 12;
    }
  }

  toEnd(smooth = false) {
    this.stuck = true;
    this.list.scrollTo({ top: this.list.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.#counted();
  }

  #scrolled() {
    this.stuck = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR;
    this.#counted();
  }

  /** Messages count as read when their end of the list is on the screen of somebody who looks. */
  #counted() {
    if (this.person === null || !this.root.isConnected) return;
    if (this.stuck && this.list.offsetParent !== null && !document.hidden) world.markRead(this.person, this.chat);
    const unread = world.unread(this.person, this.chat).length;
    this.fresh.hidden = this.stuck;
    const count = this.fresh.lastChild;
    count.hidden = !unread;
    count.textContent = String(unread);
  }

  jump(key) {
    const row = this.rows.get(key)?.element;
    if (!row) return this.say("That message is not on the screen any more");
    row.scrollIntoView({ block: "center", behavior: "smooth" });
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), 1200);
    return undefined;
  }

  focusLast(event) {
    const last = [...this.list.querySelectorAll(".message")].at(-1);
    if (!last) return;
    event.preventDefault();
    last.focus();
  }

  #listKey(event) {
    const row = event.target.closest?.(".message");
    const all = [...this.list.querySelectorAll(".message")];
    if (event.target === this.list && event.key === "ArrowUp") return this.focusLast(event);
    if (!row || event.target !== row) return event.key === "Escape" && row ? row.focus() : undefined;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = all[all.indexOf(row) + step];
      return next ? next.focus() : step > 0 && this.composer.field.focus();
    }
    if (event.key === "Escape") return this.composer.field.focus();
    if (event.key !== "Enter" && event.key !== "ContextMenu") return undefined;
    event.preventDefault();
    return messageMenu(this, this.#message(row), row.querySelector(".message-more") ?? row);
  }

  #message(row) {
    return this.view?.messages.find((one) => one.key === Number(row.dataset.key));
  }

  #rightClick(event) {
    const row = event.target.closest(".message");
    if (!row || event.target.closest("a, img") || !getSelection().isCollapsed) return;
    const message = this.#message(row);
    if (!message) return;
    event.preventDefault();
    messageMenu(this, message, { x: event.clientX, y: event.clientY });
  }

  async press(message, row, column, key) {
    if (key.url !== undefined) return openLink(key.url, this);
    if (key.copy_text) return this.copy(key.copy_text.text);
    if (key.switch_inline_query_current_chat !== undefined) return this.composer.insert(`@${world.bot.username} ${key.switch_inline_query_current_chat}`);
    if (key.callback_data === undefined) return this.say("The sandbox cannot open this kind of button yet");
    const place = `${message.key}:${row}:${column}`;
    const mark = (on) => this.list.querySelector(`[data-place="${CSS.escape(place)}"]`)?.classList.toggle("waiting", on);
    mark(true);
    const done = await this.act("press", { message: message.key, row, column });
    if (!done?.callback_id || this.early?.delete(done.callback_id)) return mark(false);
    this.waiting.set(done.callback_id, place);
    setTimeout(() => this.#answered(done.callback_id), 15_000);
    return undefined;
  }

  #answered(callback) {
    const place = this.waiting.get(callback);
    if (!this.waiting.delete(callback)) (this.early ??= new Set()).add(callback);
    else this.list.querySelector(`[data-place="${CSS.escape(place)}"]`)?.classList.remove("waiting");
  }

  /** What the bot answered to a press of this person. */
  answer({ chat, only, details }) {
    if (only !== this.person) return;
    this.#answered(details.callback_id);
    if (details.text && details.alert) alertBox(world.bot.first_name, details.text);
    else if (details.text) toast(details.text, chat === this.chat ? this.toasts : undefined);
    if (details.url) openLink(details.url, this);
  }

  /** The bot does something (types, uploads) for some seconds. */
  action({ chat, details }) {
    if (chat !== this.chat) return;
    clearTimeout(this.typingEnds);
    this.typing = details.action === "typing" ? "typing…" : `${String(details.action).replaceAll("_", " ")}…`;
    this.typingEnds = setTimeout(() => {
      this.typing = null;
      this.#drawHead(this.view);
    }, TYPING_MS);
    this.#drawHead(this.view);
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.say("Copied");
    } catch {
      this.say("The browser did not allow copying");
    }
  }

  async sendFile(file) {
    const given = await form("Send a file", [{ name: "caption", label: "Caption", most: 1024 }], "Send", `${file.name}, ${Math.ceil(file.size / 1024)} KB`);
    if (!given) return;
    const reply = this.composer.reply;
    const more = { caption: given.caption, reply_to: reply?.key, topic: this.topic };
    if (await attempt(() => api.upload(this.person, this.chat, file, more), this.toasts)) this.composer.stop();
  }

  #acceptDrops() {
    const allow = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.root.classList.toggle("dropping", event.type !== "dragleave" && event.type !== "drop");
      if (event.type === "drop" && event.dataTransfer.files[0]) this.sendFile(event.dataTransfer.files[0]);
    };
    for (const kind of ["dragover", "dragleave", "drop"]) this.root.addEventListener(kind, allow);
  }

  #acts() {
    const pane = this;
    return {
      get language() {
        return world.person(pane.person)?.language_code;
      },
      open: (address) => openLink(address, this),
      command: (text) => this.composer.submit(text),
      mention: (name) => openLink(`https://t.me/${name}`, this),
      copy: (text) => this.copy(text),
      say: (text) => this.say(text),
      jump: (key) => this.jump(key),
      press: (...given) => this.press(...given),
      menu: (message, anchor) => messageMenu(this, message, anchor),
      react: (message, emoji) => this.act("react", { message: message.key, emoji }),
      look: (id) => dialog("Photo", () => h("div", { class: "dialog-body" }, h("img", { class: "large", src: api.file(id), alt: "Photo" })), { wide: true }),
    };
  }
}

/** Put exactly these nodes into the list, touching only what differs; a focused message keeps the focus. */
function reconcile(list, nodes) {
  const focused = document.activeElement?.closest?.(".message");
  const key = focused && list.contains(focused) ? focused.dataset.key : null;
  const place = document.activeElement?.dataset?.place;
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  if (key === null || list.contains(document.activeElement)) return;
  const row = list.querySelector(`.message[data-key="${key}"]`);
  (list.querySelector(`[data-place="${CSS.escape(place ?? "")}"]`) ?? row?.querySelector(".key") ?? row)?.focus({ preventScroll: true });
}
