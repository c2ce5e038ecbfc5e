// Members of a chat, and what the person may do with it.

import { api } from "./api.js";
import { arrows, avatar, fill, h } from "./dom.js";
import { rightWords } from "./links.js";
import { attempt, choose, confirmed, dialog, form } from "./overlays.js";
import { world } from "./world.js";

const RIGHTS = ["can_manage_chat", "can_change_info", "can_delete_messages", "can_restrict_members", "can_invite_users", "can_pin_messages", "can_promote_members", "can_manage_video_chats", "can_post_stories", "can_edit_stories", "can_delete_stories"];
const GROUP_RIGHTS = [...RIGHTS, "can_send_welcome_messages", "can_manage_tags"];
const CHANNEL_RIGHTS = [...RIGHTS, "can_send_welcome_messages", "can_post_messages", "can_edit_messages", "can_manage_direct_messages"];
const STATUS = { creator: "owner", administrator: "admin", member: "member", restricted: "restricted", kicked: "removed", left: "not in here" };

/** The dialog; it draws itself anew after everything that happens in the chat, and follows it when it is upgraded. */
export function openInfo(pane) {
  const { person, chat } = pane;
  const direct = chat === person;
  return dialog(direct ? world.bot.first_name : (world.chat(chat)?.title ?? "Chat"), (close, shown) => {
    const body = h("div", { class: "dialog-body info" });
    const draw = () => {
      const found = world.chat(pane.chat);
      if (direct) fill(body, aboutBot(pane, close));
      else if (found) fill(body, aboutGroup(pane, found, close));
    };
    const news = ["state", "shown"];
    const changed = () => (shown.isConnected ? draw() : news.forEach((kind) => world.removeEventListener(kind, changed)));
    for (const kind of news) world.addEventListener(kind, changed);
    draw();
    arrows(body, ".action, .member");
    return body;
  });
}

const action = (label, click, kind = "") => h("button", { type: "button", class: `action ${kind}`, on: { click } }, label);

function aboutBot(pane, close) {
  const who = world.person(pane.person);
  const after = (name, more) => () => {
    close();
    pane.act(name, more);
  };
  return [
    h("p", { class: "note" }, `@${world.bot.username} · id ${world.bot.id}`),
    world.state.bot.description && h("p", {}, world.state.bot.description),
    h("div", { class: "actions" },
      action("Start with a parameter…", () => startWith(pane)),
      who.blocked ? action("Unblock the bot", after("unblock")) : action("Block the bot", after("block"), "danger"),
      action(`Restart ${who.first_name}’s app (loses ephemeral messages)`, after("restart_app"))),
  ];
}

async function startWith(pane) {
  const given = await form("Open a deep link", [{ name: "parameter", label: "t.me/…?start=", most: 64, hint: "Letters, digits, _ and -" }], "Start");
  if (given) await pane.act("start", given);
}

function aboutGroup(pane, chat, close) {
  const me = world.member(chat.id, pane.person);
  const present = chat.members.filter((one) => one.present);
  const kind = chat.is_forum ? "forum" : chat.type === "group" ? "basic group" : chat.type;
  return [
    h("p", { class: "note" }, [kind, chat.username && `@${chat.username}`, `id ${chat.id}`].filter(Boolean).join(" · ")),
    me?.present ? groupActions(pane, chat, me, close) : h("div", { class: "actions" }, action("Join", () => pane.act("join"))),
    h("h3", {}, `${present.length} ${present.length === 1 ? "member" : "members"}`),
    h("div", { class: "members" }, present.map((member) => memberRow(pane, chat, member))),
  ];
}

function groupActions(pane, chat, me, close) {
  const owner = me.status === "creator";
  const admin = owner || me.status === "administrator";
  const botIn = world.member(chat.id, world.bot.id)?.present;
  const quick = (name, more) => () => pane.act(name, more);
  const leave = async () => {
    if (await confirmed("Leave", `Leave “${chat.title}”?`, "Leave", { danger: true })) {
      close();
      pane.act("leave");
    }
  };
  return h("div", { class: "actions" },
    !botIn && action("Add the bot…", () => addBot(pane, chat, admin)),
    action("Add people…", () => addPeople(pane, chat)),
    admin && action("Rename…", () => rename(pane, chat)),
    admin && action("Change the picture", quick("set_photo")),
    admin && chat.type === "supergroup" && action(me.anonymous ? "Stop being anonymous" : "Be anonymous", quick("anonymous", { on: !me.anonymous })),
    owner && chat.type === "group" && action("Upgrade to a supergroup", quick("upgrade")),
    action("Leave", leave, "danger"));
}

/** The rights that exist in a chat of this kind. */
function rightsIn(chat) {
  if (chat.type === "channel") return CHANNEL_RIGHTS;
  return chat.is_forum ? [...GROUP_RIGHTS, "can_manage_topics"] : GROUP_RIGHTS;
}

async function addBot(pane, chat, admin) {
  const names = rightsIn(chat);
  if (!admin) return pane.act("add_bot");
  const given = await rightsForm("Add the bot", names, ["can_delete_messages"], "Add", "Without any right it becomes a plain member.");
  return given && pane.act("add_bot", { rights: given.rights });
}

async function addPeople(pane, chat) {
  const absent = world.state.people.filter((one) => !world.isIn(chat.id, one.id));
  const rows = absent.map((one) => [one.first_name, one.id, one.username && `@${one.username}`, avatar(one.id, one.first_name)]);
  const chosen = await choose("Add to the group", rows, absent.length ? "" : "Everybody is in already. Make a new person with the + under “I am”.");
  if (chosen !== undefined) await pane.act("add", { who: chosen });
}

async function rename(pane, chat) {
  const given = await form("Rename", [{ name: "title", label: "Name", value: chat.title, required: true, most: 128 }], "Rename");
  if (given) await pane.act("rename", given);
}

function memberRow(pane, chat, member) {
  const user = world.user(member.id);
  const name = [user?.first_name ?? member.name, user?.last_name].filter(Boolean).join(" ");
  const tags = [member.title ?? STATUS[member.status], member.anonymous && "anonymous", member.is_bot && "bot", member.id === pane.person && "you"];
  const rights = member.status === "administrator" ? member.rights.filter((one) => one !== "can_manage_chat").map(rightWords).join(", ") : "";
  const row = h("div", { class: "member-row" }, avatar(member.id, name), h("span", { class: "member-text" }, h("b", {}, name), h("small", {}, tags.filter(Boolean).join(" · ")), rights && h("small", { class: "rights" }, rights)));
  const choices = memberDeeds(pane, chat, member, name);
  if (choices.length) row.append(h("span", { class: "member-actions" }, choices.map(([label, click, kind]) => h("button", { type: "button", class: `member ${kind ?? ""}`, aria: { label: `${label} ${name}` }, on: { click } }, label))));
  return row;
}

function memberDeeds(pane, chat, member, name) {
  const me = world.member(chat.id, pane.person);
  const owner = me?.status === "creator";
  const may = (right) => owner || (me?.status === "administrator" && me.rights.includes(right));
  if (member.id === pane.person || member.status === "creator" || !me?.present) return [];
  const who = { who: member.id };
  const found = [];
  if (may("can_promote_members")) {
    found.push([member.status === "administrator" ? "Rights…" : "Promote…", () => promote(pane, chat, member, name)]);
    if (member.status === "administrator") found.push(["Demote", () => pane.act("demote", who)]);
  }
  if (may("can_restrict_members")) {
    if (!member.is_bot && member.status === "member") found.push(["Mute", () => pane.act("restrict", who)]);
    found.push(["Remove", () => pane.act("remove", who), "danger"]);
  }
  return found;
}

async function promote(pane, chat, member, name) {
  const names = rightsIn(chat);
  const now = member.status === "administrator" ? member.rights : names.filter((one) => one !== "can_promote_members");
  const given = await rightsForm(`Rights of ${name}`, names, now, "Save", "", chat.type === "supergroup" && !member.is_bot ? member : null);
  if (!given) return;
  const rights = given.rights.length ? given.rights : ["can_manage_chat"];
  await attempt(() => api.act(pane.person, chat.id, "promote", { who: member.id, rights, title: given.title, anonymous: given.anonymous }), pane.toasts);
}

async function rightsForm(title, names, on, yes, note, member = null) {
  const boxes = names.map((name) => ({ name, type: "checkbox", label: rightWords(name), value: on.includes(name) }));
  const more = member ? [{ name: "title", label: "Title", value: member.title, most: 16 }, { name: "anonymous", type: "checkbox", label: "remain anonymous", value: member.anonymous }] : [];
  const given = await form(title, [...boxes, ...more], yes, note);
  return given && { rights: names.filter((name) => given[name]), title: given.title ?? "", anonymous: given.anonymous ?? false };
}
