// Addresses somebody presses: Telegram's own act inside the sandbox, all others are asked about first.

import { api } from "./api.js";
import { avatar, h, safeHref } from "./dom.js";
import { attempt, choose, dialog } from "./overlays.js";
import { world } from "./world.js";

/** What a t.me or tg: address means: `{name, query}`, or null for any other address. */
export function telegramLink(address) {
  let url;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
  } catch {
    return null;
  }
  if (url.protocol === "tg:") {
    const query = new URLSearchParams(url.search);
    return /resolve/.test(url.href) ? { name: query.get("domain") ?? "", rest: [], query } : null;
  }
  if (!["t.me", "telegram.me", "telegram.dog"].includes(url.hostname)) return null;
  const [name, ...rest] = url.pathname.split("/").filter(Boolean);
  return { name: name ?? "", rest, query: url.searchParams };
}

/** Follow an address as the person of a pane. */
export async function openLink(address, pane) {
  const link = telegramLink(address);
  if (!link) return outside(address);
  if (link.name === "c" && link.rest.length) return pane.open(Number(`-100${link.rest[0]}`));
  if (link.name.toLowerCase() === world.bot.username?.toLowerCase()) return toBot(link.query, pane);
  const chat = world.state.chats.find((one) => one.username?.toLowerCase() === link.name.toLowerCase());
  if (chat) return pane.open(chat.id);
  return pane.say(`Nobody in the sandbox is called @${link.name}`);
}

async function toBot(query, pane) {
  for (const kind of ["startgroup", "startchannel"]) {
    if (query.has(kind)) return startGroup(query.get(kind) ?? "", rights(query.get("admin")), kind, pane);
  }
  await pane.open(pane.person);
  if (query.has("start")) await pane.act("start", { parameter: query.get("start") }, pane.person);
  return undefined;
}

/** The link names rights without their "can_"; "anonymous" is none. */
function rights(given) {
  const names = (given ?? "").split(/[+\s]+/).filter((name) => name && name !== "anonymous");
  return names.map((name) => (name.startsWith("can_") ? name : `can_${name}`));
}

async function startGroup(parameter, wanted, kind, pane) {
  const fits = (chat) => (kind === "startchannel") === (chat.type === "channel");
  const groups = world.chatsOf(pane.person).filter((chat) => chat.type !== "private" && fits(chat) && mayAdd(chat, pane.person));
  const asked = wanted.length ? `The bot asks for these rights: ${wanted.map(rightWords).join(", ")}.` : "";
  const note = groups.length ? asked : `${world.person(pane.person).first_name} has no ${kind === "startgroup" ? "group" : "channel"} to add the bot to. Make one with the + above the chats.`;
  const rows = groups.map((chat) => [chat.title, chat.id, `${chat.members.filter((one) => one.present).length} members`, avatar(chat.id, chat.title)]);
  const chosen = await choose(`Add ${world.bot.first_name} to…`, rows, note);
  if (chosen === undefined) return;
  const done = await (grants(chosen, wanted) ? more(chosen, wanted, pane) : pane.act("startgroup", { parameter, rights: wanted }, chosen));
  if (done !== undefined) await pane.open(chosen);
}

/** For a bot that is in already the link asks for more rights. */
const grants = (chat, wanted) => wanted.length > 0 && world.member(chat, world.bot.id)?.present === true;

function more(chat, wanted, pane) {
  const { rights: now } = world.member(chat, world.bot.id);
  return pane.act("promote", { who: world.bot.id, rights: [...new Set([...now, ...wanted])] }, chat);
}

function mayAdd(chat, person) {
  const member = world.member(chat.id, person);
  return member?.status === "creator" || member?.status === "administrator" || (chat.type !== "channel" && member?.status === "member");
}

/** A right in words: "can_delete_messages" is "delete messages". */
export const rightWords = (name) => name.replace(/^can_/, "").replaceAll("_", " ");

/** Nothing of the sandbox leaves the machine by itself; an address elsewhere opens by a second press. */
function outside(address) {
  const href = safeHref(address);
  if (href === null) return undefined;
  return dialog("Open this link?", (close) => [
    h("div", { class: "dialog-body" }, h("p", { class: "alert-text" }, href), h("p", { class: "note" }, "It leads out of the sandbox.")),
    h("footer", {}, h("button", { type: "button", on: { click: () => close() } }, "Cancel"),
      h("a", { class: "main", href, target: "_blank", rel: "noopener noreferrer", autofocus: true, on: { click: () => close() } }, "Open")),
  ]);
}

/** A key of the reply keyboard: say its label, or pick a chat. */
export async function tapKey(key, pane) {
  if (key.request_chat) return pickChat(key, pane);
  const special = ["request_users", "request_contact", "request_location", "request_poll", "web_app"].find((kind) => key[kind]);
  if (special) return pane.say(`The sandbox cannot do “${special.replace("_", " ")}” yet`);
  return pane.act("tap", { label: key.text });
}

async function pickChat(key, pane) {
  const wish = key.request_chat;
  const groups = world.chatsOf(pane.person).filter((chat) => chat.type !== "private" && fitting(chat, wish, pane.person));
  const rows = groups.map((chat) => [chat.title, chat.id, chat.type, avatar(chat.id, chat.title)]);
  const chosen = await choose(wish.chat_is_channel ? "Choose a channel" : "Choose a group", rows, groups.length ? "" : "None of your chats fits what the bot asks for.");
  if (chosen !== undefined) await attempt(() => api.act(pane.person, chosen, "share_chat", { label: key.text }), pane.toasts);
}

function fitting(chat, wish, person) {
  if (wish.chat_is_channel !== (chat.type === "channel")) return false;
  if (wish.chat_is_forum !== undefined && wish.chat_is_forum !== (chat.is_forum === true)) return false;
  if (wish.chat_has_username !== undefined && wish.chat_has_username !== Boolean(chat.username)) return false;
  const me = world.member(chat.id, person);
  if (wish.chat_is_created && me.status !== "creator") return false;
  const needed = Object.entries(wish.user_administrator_rights ?? {}).filter(([name, on]) => on && name.startsWith("can_"));
  if (wish.user_administrator_rights && me.status !== "creator") {
    if (me.status !== "administrator" || !needed.every(([name]) => me.rights.includes(name))) return false;
  }
  return true;
}
