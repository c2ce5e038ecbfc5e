// One chat as one person sees it: head, pins, topics, messages, the field to write in.

import { api } from "./api.js";
import { Composer } from "./composer.js";
import { messageMenu } from "./message_menu.js";
import { arrows, avatar, fill, h, icon, iconButton } from "./dom.js";
import { openInfo } from "./info.js";
import { openLink } from "./links.js";
import { alertBox, attempt, confirmed, dialog, form, menu, toast } from "./overlays.js";
import { personEntries } from "./people.js";
import { excerptLine } from "./services.js";
import { GENERAL, Timeline } from "./timeline.js";
import { world } from "./world.js";

const TYPING_MS = 5_000;
const ANSWER_MS = 15_000;

export class Pane {
  constructor(name, app) {
    this.name = name;
    this.app = app;
    this.person = null;
    this.chat = null;
    this.topic = null; // all of them
    this.topicIds = []; // as they were drawn last
    this.forced = new Map();
    this.waiting = new Map();
    this.early = new Set();
    this.head = h("header", { class: "pane-head" });
    this.pins = h("div", { class: "pins", hidden: true });
    this.topics = h("div", { class: "topics", role: "toolbar", aria: { label: "Topics" }, hidden: true });
    this.toasts = h("div", { class: "toasts in-pane", role: "status", aria: { live: "polite" } });
    this.timeline = new Timeline(this, this.#acts());
    this.composer = new Composer(this);
    const stage = h("div", { class: "stage" }, this.timeline.list, this.timeline.fresh, this.toasts);
    const label = name === "first" ? "Chat" : "Chat, seen by somebody else";
    this.root = h("section", { class: `pane ${name}`, aria: { label } }, this.head, this.pins, this.topics, stage, this.composer.root);
    this.#acceptDrops();
    arrows(this.topics, "button", { wrap: false });
  }

  get view() {
    return this.person === null ? null : world.view(this.person, this.chat);
  }

  get place() {
    return this.person === null ? null : `${this.person}:${this.chat}`;
  }

  /** Look at a chat as a person; nobody is nothing. */
  async show(person, chat) {
    if (person === this.person && chat === this.chat) return this.draw();
    this.timeline.leave(this.place);
    const before = this.place;
    Object.assign(this, { person, chat, topic: null, typing: null });
    this.composer.moved(before, this.place);
    if (person === null) return this.draw();
    if (!this.view) await attempt(() => world.refresh(person, chat), this.toasts);
    if (person !== this.person || chat !== this.chat) return undefined;
    this.timeline.unreadFrom = world.unread(person, chat)[0]?.key ?? null;
    this.draw();
    this.timeline.arrive(this.place);
    world.tell("shown");
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
    const { view } = this;
    if (view && view.chat.type !== "private" && view.chat.id !== this.chat) return this.open(view.chat.id);
    this.#drawHead();
    this.#drawPins(view);
    this.#drawTopics(view);
    this.timeline.draw(view);
    this.composer.update(view);
    this.#force(view);
    return undefined;
  }

  #drawHead() {
    const focused = this.head.contains(document.activeElement) ? document.activeElement.dataset.tool : null;
    const chat = this.view?.chat;
    const { bot } = world;
    const [id, title] = !chat ? [0, "Sandbox"] : chat.type === "private" ? [bot.id, bot.first_name] : [chat.id, chat.title];
    const info = () => openInfo(this);
    const name = chat
      ? h("button", { type: "button", class: "title", data: { tool: "title" }, aria: { label: `About ${title}` }, on: { click: info } }, avatar(id, title), h("span", { class: "title-text" }, h("b", {}, title), h("small", {}, this.#underTitle(chat))))
      : h("span", { class: "title" }, h("b", {}, title));
    fill(this.head,
      this.name === "first" && iconButton("back", "Back to the chats", () => this.app.showList(), { class: "back", data: { tool: "back" } }),
      name, this.#chip(), this.#splitButton(),
      chat && iconButton("more", "Members and more", info, { data: { tool: "more" } }));
    if (focused) this.head.querySelector(`[data-tool="${focused}"]`)?.focus();
  }

  #chip() {
    const me = world.person(this.person);
    if (!me) return null;
    const pick = (event) => menu(personEntries(this.person, (id) => this.app.become(this, id)), event.currentTarget);
    const said = { label: `I am ${me.first_name}. Become somebody else`, haspopup: "menu" };
    return h("button", { type: "button", class: "chip", data: { tool: "chip" }, aria: said, on: { click: pick } }, avatar(me.id, me.first_name), h("span", {}, me.first_name), icon("down"));
  }

  #splitButton() {
    const split = () => this.app.split();
    if (this.name !== "first") return iconButton("close", "Close this side", split, { data: { tool: "split" } });
    const label = "See it as two people";
    return iconButton("split", label, split, { class: "only-wide", data: { tool: "split" }, aria: { label, pressed: this.app.isSplit } });
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
    const title = view.pinned.length > 1 ? `Pinned messages (${view.pinned.length})` : "Pinned message";
    const jump = h("button", { type: "button", class: "pin", on: { click: () => this.jump(key) } }, h("b", {}, title), excerptLine(message));
    fill(this.pins, icon("pin"), jump, iconButton("close", "Unpin", () => this.act("unpin", { message: key })));
  }

  #drawTopics(view) {
    this.topics.hidden = !view?.chat.is_forum;
    if (this.topics.hidden) return;
    const ids = (view.chat.topics ?? []).map((one) => one.id);
    if (this.topicIds.includes(this.topic) && !ids.includes(this.topic)) this.topic = null; // it was deleted
    this.topicIds = ids;
    const tab = (label, id) => h("button", { type: "button", aria: { pressed: this.topic === id }, on: { click: () => this.#chooseTopic(id) } }, label);
    const tabs = (view.chat.topics ?? []).map((one) => tab(one.closed ? `${one.name} (closed)` : one.name, one.id));
    const more = h("button", { type: "button", on: { click: () => this.#newTopic() } }, "+ Topic");
    fill(this.topics, tab("All", null), tab("General", GENERAL), tabs, more, this.#topicActions(view));
  }

  /** What who manages topics can do with the one that is shown. */
  #topicActions(view) {
    const shown = (view.chat.topics ?? []).find((one) => one.id === this.topic);
    const manages = view.member?.status === "creator" || view.member?.rights?.includes("can_manage_topics");
    if (!shown || !manages) return null;
    const act = (label, what) => h("button", { type: "button", on: { click: () => this.act(what, { topic: shown.id }) } }, label);
    const close = shown.closed ? act("Reopen topic", "reopen_topic") : act("Close topic", "close_topic");
    return [close, h("button", { type: "button", on: { click: () => this.#deleteTopic(shown) } }, "Delete topic")];
  }

  async #deleteTopic(topic) {
    if (!(await confirmed("Delete topic", `Delete “${topic.name}” and all that is in it?`, "Delete", { danger: true }))) return;
    await this.act("delete_topic", { topic: topic.id });
  }

  #chooseTopic(id) {
    this.topic = id;
    this.draw();
    this.timeline.toEnd();
  }

  async #newTopic() {
    const given = await form("New topic", [{ name: "name", label: "Name", required: true, most: 128 }], "Create");
    const made = given && (await this.act("create_topic", given));
    if (made) this.#chooseTopic(made.topic);
  }

  /** The bot asked for a reply: once for each message, and without taking the focus away from elsewhere. */
  #force(view) {
    const key = view?.force_reply ?? null;
    if (key === null || this.forced.get(this.place) === key) return;
    const message = view.messages.find((one) => one.key === key);
    this.forced.set(this.place, key);
    const active = document.activeElement;
    const here = this.root.contains(active) || (active === document.body && this.name === "first");
    if (message && !message.mine) this.composer.answer(message, { quietly: !here });
  }

  jump(key) {
    if (!this.timeline.jump(key)) this.say("That message is not on the screen any more");
  }

  /** A button under a message. */
  async press(message, row, column, key) {
    if (key.url !== undefined) return openLink(key.url, this);
    if (key.copy_text) return this.copy(key.copy_text.text);
    const query = key.switch_inline_query_current_chat;
    if (query !== undefined) return this.composer.insert(`@${world.bot.username} ${query}`);
    if (key.callback_data === undefined) return this.say("The sandbox cannot open this kind of button yet");
    const place = `${message.key}:${row}:${column}`;
    this.timeline.wait(place, true);
    const done = await this.act("press", { message: message.key, row, column });
    if (!done?.callback_id || this.early.delete(done.callback_id)) return this.timeline.wait(place, false);
    this.waiting.set(done.callback_id, place);
    setTimeout(() => this.waiting.has(done.callback_id) && this.#answered(done.callback_id), ANSWER_MS);
    return undefined;
  }

  /** The answer may come before the press itself has returned. */
  #answered(callback) {
    const place = this.waiting.get(callback);
    if (this.waiting.delete(callback)) this.timeline.wait(place, false);
    else this.early.add(callback);
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
    this.typing = `${String(details.action).replaceAll("_", " ")}…`;
    this.typingEnds = setTimeout(() => {
      this.typing = null;
      this.#drawHead();
    }, TYPING_MS);
    this.#drawHead();
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
    const note = `${file.name}, ${Math.ceil(file.size / 1024)} KB`;
    const given = await form("Send a file", [{ name: "caption", label: "Caption", most: 1024 }], "Send", note);
    if (!given) return;
    const more = { caption: given.caption, reply_to: this.composer.reply?.key, topic: this.topic || null };
    if (await attempt(() => api.upload(this.person, this.chat, file, more), this.toasts)) this.composer.stop();
  }

  #acceptDrops() {
    const handle = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.root.classList.toggle("dropping", event.type === "dragover");
      if (event.type === "drop" && event.dataTransfer.files[0]) this.sendFile(event.dataTransfer.files[0]);
    };
    for (const kind of ["dragover", "dragleave", "drop"]) this.root.addEventListener(kind, handle);
  }

  /** What clicks inside a message cause. */
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
      topic: (id) => this.#chooseTopic(id),
      press: (...given) => this.press(...given),
      menu: (message, anchor) => messageMenu(this, message, anchor),
      react: (message, emoji) => this.act("react", { message: message.key, emoji }),
      look: (id) => dialog("Photo", () => h("div", { class: "dialog-body" }, h("img", { class: "large", src: api.file(id), alt: "Photo" })), { wide: true }),
    };
  }
}
