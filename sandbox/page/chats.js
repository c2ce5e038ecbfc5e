// The chats of the person, the newest first, and those one could join.

import { api } from "./api.js";
import { arrows, avatar, fill, h, icon, iconButton } from "./dom.js";
import { attempt, form, menu } from "./overlays.js";
import { author, excerpt, excerptLine } from "./services.js";
import { formatted } from "./text.js";
import { world } from "./world.js";

/** The head of the list: whose chats these are, and what can be made. */
export function drawHead(element, app) {
  const who = world.person(app.first.person);
  const kinds = [
    ["New group", () => newGroup(app, "supergroup"), { image: "group" }],
    ["New basic group", () => newGroup(app, "group"), { image: "group" }],
    ["New forum with topics", () => newGroup(app, "supergroup", true), { image: "group" }],
    ["New channel", () => newGroup(app, "channel"), { image: "group" }],
  ];
  const add = who && iconButton("add", "New group or channel", (event) => menu(kinds, event.currentTarget), { aria: { label: "New group or channel", haspopup: "menu" } });
  fill(element, h("h1", {}, who ? `${who.first_name}’s chats` : "Chats"), add);
}

async function newGroup(app, kind, forum = false) {
  const title = { group: "New basic group", channel: "New channel" }[kind] ?? (forum ? "New forum" : "New group");
  const given = await form(title, [{ name: "title", label: "Name", required: true, most: 128 }], "Create");
  if (!given) return;
  const { person } = app.first;
  const made = await attempt(() => api.act(person, 0, "new_group", { ...given, kind, forum }));
  if (!made) return;
  await world.reload();
  await app.open(app.first, made.id);
}

/** The list itself. */
export function drawChats(element, app) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.chat : null;
  const { person, chat } = app.first;
  const scrolled = element.scrollTop;
  if (!world.person(person)) {
    fill(element, h("p", { class: "note" }, "Make a person first: press “New” under “I am”."));
    return;
  }
  const mine = world.chatsOf(person);
  const others = world.others(person);
  const row = (one) => chatRow(one, person, one.id === chat, app);
  fill(element, h("ul", {}, mine.map(row)), others.length > 0 && h("h2", {}, "Not a member of"), others.length > 0 && h("ul", {}, others.map(row)), mine.length === 1 && !others.length && h("p", { class: "note" }, "No groups yet. Make one with the + above, then add the bot to it."));
  element.scrollTop = scrolled;
  if (focused) element.querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus();
  if (!element.dataset.arrows) {
    element.dataset.arrows = "yes";
    arrows(element, ".chat", { wrap: false });
  }
}

function chatRow(chat, person, open, app) {
  const direct = chat.type === "private";
  const { last } = chat;
  const unread = chat.unread ?? 0;
  const who = last && !direct && !last.service ? (last.mine ? "You" : author(last).name) : "";
  const words = last ? excerpt(last) : direct ? "Say hello to the bot" : chat.type === "channel" ? "Channel" : "Group";
  const label = `${chat.title}${unread ? `, ${unread} unread` : ""}. ${who ? `${who}: ` : ""}${words}`;
  const preview = h("span", { class: "preview" }, last?.ephemeral && icon("eye"), who && h("b", {}, `${who}:`), last ? excerptLine(last) : words);
  return h("li", {}, h("button", { type: "button", class: "chat", data: { chat: chat.id }, aria: { current: open ? "true" : undefined, label }, on: { click: () => app.open(app.first, chat.id, true) } },
    avatar(direct ? world.bot.id : chat.id, chat.title),
    h("span", { class: "chat-text" },
      h("span", { class: "chat-line" }, h("b", { class: "chat-title" }, chat.title, direct && h("small", { class: "badge" }, "bot")), last && h("time", {}, when(last.date))),
      h("span", { class: "chat-line" }, preview, unread > 0 && h("span", { class: "count" }, unread)))));
}

function when(seconds) {
  const moment = new Date(seconds * 1000);
  const now = new Date(world.state.time * 1000);
  if (moment.toDateString() === now.toDateString()) return formatted(moment, { hour: "2-digit", minute: "2-digit" });
  return formatted(moment, { day: "numeric", month: "short" });
}
