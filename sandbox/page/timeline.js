// The messages of a pane: drawn anew only where they differ, scrolled sensibly, walked through by keys.

import { avatar, fill, h, icon } from "./dom.js";
import { messageMenu } from "./message_menu.js";
import { continues, dayAbove, messageElement } from "./messages.js";
import { world } from "./world.js";

const NEAR = 80;
const STEP = 150;

/** Stands for the general topic, whose messages carry no id of a topic. */
export const GENERAL = 0;

/** The topic of a message, named. */
function topicOf(chat, message) {
  const id = message.message_thread_id ?? GENERAL;
  const name = id === GENERAL ? "General" : chat.topics?.find((one) => one.id === id)?.name;
  return name ? { id, name } : null;
}

export class Timeline {
  constructor(pane, act) {
    this.pane = pane;
    this.act = act;
    this.rows = new Map();
    this.places = new Map();
    this.unreadFrom = null;
    this.shown = STEP;
    this.stuck = true;
    const id = pane.name === "first" ? "messages" : null;
    this.list = h("div", { class: "messages", role: "log", tabindex: 0, id, aria: { label: "Messages", live: "polite", relevant: "additions" } });
    this.fresh = h("button", { type: "button", class: "to-end", hidden: true, aria: { label: "To the newest message" }, on: { click: () => this.toEnd(true) } }, icon("down"), h("span", { class: "count", hidden: true }));
    this.list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("contextmenu", (event) => this.#rightClick(event));
    new ResizeObserver(() => this.stuck && this.toEnd()).observe(this.list);
  }

  /** Another place will be drawn: remember where one was in this one. */
  leave(place) {
    if (place) this.places.set(place, this.stuck ? null : this.list.scrollTop);
    this.rows.clear();
    this.list.replaceChildren();
    this.shown = STEP;
    this.stuck = true;
    this.unreadFrom = null;
  }

  /** First look at a place: where one was, else at the first unread message, else at the end. */
  arrive(place) {
    const kept = this.places.get(place) ?? null;
    const unread = this.list.querySelector(".separator.unread");
    if (kept !== null && !unread) {
      this.list.scrollTop = kept;
      this.#scrolled();
      return;
    }
    this.toEnd();
    if (unread && unread.offsetTop < this.list.scrollTop) {
      this.list.scrollTop = unread.offsetTop - 12;
      this.#scrolled();
    }
  }

  draw(view) {
    const { topic } = this.pane;
    const every = (view?.messages ?? []).filter((one) => topic === null || (one.message_thread_id ?? GENERAL) === topic);
    const messages = every.slice(-this.shown);
    const nodes = every.length > messages.length ? [this.#earlier(every.length - messages.length)] : [];
    const used = new Set();
    messages.forEach((message, index) => nodes.push(...this.#lines(view, messages, index, used)));
    for (const key of this.rows.keys()) if (!used.has(key)) this.rows.delete(key);
    if (!messages.length) nodes.push(this.#nothing(view));
    const { stuck } = this;
    reconcile(this.list, nodes);
    if (stuck) this.toEnd();
    else this.counted();
  }

  /** A message with what stands above it. */
  #lines(view, messages, index, used) {
    const [before, message, next] = [messages[index - 1], messages[index], messages[index + 1]];
    const found = [];
    const separator = (kind, text) => {
      const id = `${kind}:${text}`;
      used.add(id);
      found.push(this.#kept(id, "", () => h("div", { class: `separator ${kind}`, role: "separator" }, h("span", { class: "pill" }, text))));
    };
    const above = dayAbove(before, message, world.state.time);
    if (above) separator("day", above);
    if (message.key === this.unreadFrom) separator("unread", "Unread messages");
    const look = this.#look(view, found.length ? null : before, message, next);
    used.add(message.key);
    found.push(this.#kept(message.key, JSON.stringify([message, look]), () => this.#element(message, look)));
    return found;
  }

  #look(view, before, message, next) {
    const member = view.chat.members?.find((one) => one.id === message.from?.id);
    const group = view.chat.type !== "private";
    return {
      first: !continues(before, message),
      last: !next || !continues(message, next) || dayAbove(message, next, world.state.time) !== null || next.key === this.unreadFrom,
      named: group && !message.mine,
      faces: group && view.chat.type !== "channel",
      topic: view.chat.is_forum && this.pane.topic === null ? topicOf(view.chat, message) : null,
      role: member && (member.title ?? { creator: "owner", administrator: "admin" }[member.status]),
    };
  }

  #kept(key, signature, make) {
    const kept = this.rows.get(key);
    if (kept?.signature === signature) return kept.element;
    const element = make();
    this.rows.set(key, { element, signature });
    return element;
  }

  #element(message, look) {
    const element = messageElement(message, look, this.act);
    for (const place of this.pane.waiting.values()) element.querySelector(placed(place))?.classList.add("waiting");
    return element;
  }

  /** Show on a button that its press waits for the bot, or no longer. */
  wait(place, on) {
    this.list.querySelector(placed(place))?.classList.toggle("waiting", on);
  }

  #earlier(count) {
    const more = () => {
      const below = this.list.scrollHeight - this.list.scrollTop;
      this.shown += STEP;
      this.stuck = false;
      this.pane.draw();
      this.list.scrollTop = this.list.scrollHeight - below;
    };
    return h("button", { type: "button", class: "earlier", on: { click: more } }, `${count} earlier messages`);
  }

  #nothing(view) {
    const note = (title, text, picture) => h("div", { class: "nothing" }, picture, title && h("h2", {}, title), h("p", {}, text));
    const who = world.person(this.pane.person)?.first_name;
    if (!who) return note("Nobody is here yet", "Make a person with the + under “I am”; then write to the bot.");
    if (!view) return note("", "Loading…");
    if (view.chat.type === "private") {
      const { bot } = world.state;
      return note(bot.first_name, bot.description || `This is ${who}’s private chat with the bot.`, avatar(bot.id, bot.first_name));
    }
    if (!world.isIn(this.pane.chat, this.pane.person)) return note(view.chat.title, `${who} is not in here and sees nothing of it.`);
    return note("No messages yet", "Write something. If the bot is not in here: press the title above, then “Add the bot”.");
  }

  toEnd(smooth = false) {
    this.stuck = true;
    this.list.scrollTo({ top: this.list.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.counted();
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    // A list that becomes lower scrolls by itself; who was at the end stays there.
    if (this.height === clientHeight || !this.stuck) this.stuck = scrollHeight - scrollTop - clientHeight < NEAR;
    this.height = clientHeight;
    this.counted();
  }

  /** Messages count as read when the end of the list is on the screen of somebody who looks. */
  counted() {
    const { person, chat } = this.pane;
    if (person === null || !this.list.isConnected) return;
    if (this.stuck && this.list.offsetParent !== null && !document.hidden) world.markRead(person, chat);
    const unread = world.unread(person, chat).length;
    this.fresh.hidden = this.stuck;
    const count = this.fresh.lastChild;
    count.hidden = !unread;
    fill(count, unread);
  }

  /** Scroll to a message and let it flash; whether it is there. */
  jump(key) {
    const row = this.rows.get(key)?.element;
    if (!row) return false;
    row.scrollIntoView({ block: "center", behavior: "smooth" });
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), 1200);
    return true;
  }

  focusLast(event) {
    const last = [...this.list.querySelectorAll(".message")].at(-1);
    if (!last) return;
    event.preventDefault();
    last.focus();
  }

  #key(event) {
    const row = event.target.closest(".message");
    if (!row) return event.target === this.list && event.key === "ArrowUp" ? this.focusLast(event) : undefined;
    if (event.target !== row) return event.key === "Escape" ? row.focus() : undefined;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const leaves = event.key === "Escape";
    const opens = event.key === "Enter" || event.key === "ContextMenu";
    if (!step && !leaves && !opens) return undefined;
    event.preventDefault();
    if (opens) return messageMenu(this.pane, this.#message(row), row.querySelector(".bubble") ?? row);
    const all = [...this.list.querySelectorAll(".message")];
    const next = leaves ? null : all[Math.max(0, all.indexOf(row) + step)];
    return (next ?? this.pane.composer.field).focus();
  }

  #message(row) {
    return this.pane.view?.messages.find((one) => one.key === Number(row.dataset.key));
  }

  #rightClick(event) {
    const row = event.target.closest(".message");
    const message = row && this.#message(row);
    if (!message || event.target.closest("a, img") || !getSelection().isCollapsed) return;
    event.preventDefault();
    messageMenu(this.pane, message, { x: event.clientX, y: event.clientY });
  }
}

const placed = (place) => `[data-place="${CSS.escape(place)}"]`;

/** Put exactly these nodes into the list, touching only what differs; what had the focus keeps it. */
function reconcile(list, nodes) {
  const active = document.activeElement;
  const focused = list.contains(active) ? active.closest(".message")?.dataset.key : undefined;
  const place = active?.dataset?.place ?? "";
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  if (focused === undefined || list.contains(document.activeElement)) return;
  const row = list.querySelector(`.message[data-key="${CSS.escape(focused)}"]`);
  (list.querySelector(placed(place)) ?? row?.querySelector(".key") ?? row)?.focus({ preventScroll: true });
}
