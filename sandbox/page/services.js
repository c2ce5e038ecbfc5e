// What Telegram itself writes into a chat, as sentences.

import { h } from "./dom.js";

const name = (user) => [user?.first_name, user?.last_name].filter(Boolean).join(" ") || "Deleted account";

const RULES = [
  ["new_chat_members", (m, who) => joined(m, who)],
  ["left_chat_member", (m, who) => (m.left_chat_member.id === m.from?.id ? `${who} left the group` : `${who} removed ${name(m.left_chat_member)}`)],
  ["new_chat_title", (m, who) => `${who} changed the name to “${m.new_chat_title}”`],
  ["new_chat_photo", (_, who) => `${who} changed the picture`],
  ["delete_chat_photo", (_, who) => `${who} removed the picture`],
  ["group_chat_created", (m, who) => `${who} created the group “${m.chat.title}”`],
  ["supergroup_chat_created", (m, who) => `${who} created the group “${m.chat.title}”`],
  ["channel_chat_created", () => "The channel was created"],
  ["migrate_to_chat_id", () => "This group became a supergroup"],
  ["migrate_from_chat_id", (m) => `“${m.chat.title}” was upgraded to a supergroup`],
  ["pinned_message", (m, who) => `${who} pinned “${excerpt(m.pinned_message, 50)}”`],
  ["forum_topic_created", (m, who) => `${who} opened the topic “${m.forum_topic_created.name}”`],
  ["forum_topic_closed", (_, who) => `${who} closed the topic`],
  ["forum_topic_reopened", (_, who) => `${who} opened the topic again`],
  ["forum_topic_edited", (m, who) => `${who} changed the topic${m.forum_topic_edited.name ? ` to “${m.forum_topic_edited.name}”` : ""}`],
  ["chat_shared", (m) => `You shared ${m.chat_shared.title ? `“${m.chat_shared.title}”` : "a chat"} with the bot`],
  ["users_shared", () => "You shared somebody with the bot"],
];

function joined(message, who) {
  const people = message.new_chat_members;
  if (people.length === 1 && people[0].id === message.from?.id) return `${who} joined the group`;
  return `${who} added ${people.map(name).join(", ")}`;
}

/** The sentence of a service message. */
export function sentence(message) {
  const who = message.sender_chat?.title ?? name(message.from);
  const rule = RULES.find(([field]) => message[field] !== undefined);
  return rule ? rule[1](message, who) : "Something changed in this chat";
}

/** The beginning of a message in one line: for lists, replies and pins. */
export function excerpt(message, most = 90) {
  const whole = parts(message).filter(Boolean).join(" · ");
  return whole.length > most ? `${whole.slice(0, most - 1)}…` : whole;
}

/** The same to be shown: a caption runs in its own direction, whatever stands before it, and is cut off at its end. */
export function excerptLine(message) {
  const [label, text] = parts(message);
  return h("span", { class: "excerpt", dir: "auto" }, label && text ? [h("bdi", {}, label), " · "] : label, text.slice(0, 90));
}

/** What a message shows, and what it says. */
function parts(message) {
  if (!message) return ["", ""];
  if (message.service || RULES.some(([field]) => message[field] !== undefined)) return ["", sentence(message)];
  const label = message.photo ? "🖼 Photo" : message.animation ? "GIF" : message.video ? "🎬 Video" : message.document ? `📎 ${message.document.file_name ?? "File"}` : "";
  const text = (message.text ?? message.caption ?? richWords(message.rich_message) ?? "").replace(/\s+/g, " ").trim();
  return [label, text || label ? text : "Message"];
}

function richWords(rich) {
  const words = (text) => (typeof text === "string" ? text : Array.isArray(text) ? text.map(words).join("") : words(text?.text ?? ""));
  return rich?.blocks ? rich.blocks.map((block) => words(block.text)).filter(Boolean).join(" ") : undefined;
}

/** Who a message is from, as it is shown: the person, or the chat an anonymous admin or a channel hides behind. */
export function author(message) {
  if (message.sender_chat) return { id: message.sender_chat.id, name: message.sender_chat.title ?? "Channel", kind: "group", anonymous: true };
  if (!message.from) return { id: message.chat.id, name: message.chat.title ?? "", kind: "group" };
  return { id: message.from.id, name: name(message.from), kind: message.from.is_bot ? "bot" : "person" };
}

export { name as fullName };
