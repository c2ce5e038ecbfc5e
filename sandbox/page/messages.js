// One message as an element.

import { api } from "./api.js";
import { avatar, h, icon, iconButton, nameColor } from "./dom.js";
import { richBody } from "./rich.js";
import { author, excerpt, excerptLine, sentence } from "./services.js";
import { formatted, rendered } from "./text.js";

const GROUPED_SECONDS = 600;

// Words wrap at the edge of what is shown above them; in pixels, with what the bubble adds to the left and right.
const LEAST_MEDIA = 240;
const BESIDE_MEDIA = 12;

/** Whether the second message continues the first one's bubbles. */
export function continues(before, message) {
  if (!before || before.service || message.service) return false;
  const same = author(before).id === author(message).id && before.mine === message.mine;
  const alike = before.ephemeral === message.ephemeral && before.message_thread_id === message.message_thread_id;
  return same && alike && message.date - before.date < GROUPED_SECONDS;
}

const day = (seconds) => new Date(seconds * 1000).toDateString();

/** What the day separator says above a message, or nothing. */
export function dayAbove(before, message, now) {
  if (before && day(before.date) === day(message.date)) return null;
  if (day(now) === day(message.date)) return "Today";
  if (day(now - 86_400) === day(message.date)) return "Yesterday";
  const year = new Date(now * 1000).getFullYear() !== new Date(message.date * 1000).getFullYear() ? { year: "numeric" } : {};
  return formatted(new Date(message.date * 1000), { day: "numeric", month: "long", ...year });
}

/** A message. `look`: first and last of its bubbles, named, role, topic (id and name); `act`: what presses and clicks do. */
export function messageElement(message, look, act) {
  const kinds = ["message", message.mine ? "mine" : "theirs", look.first && "first", look.last && "last", message.ephemeral && "ephemeral", message.service && "service"];
  const element = h("article", { class: kinds.filter(Boolean).join(" "), tabindex: -1, data: { key: message.key } });
  element.setAttribute("aria-label", spoken(message));
  if (message.service) {
    element.append(h("span", { class: "pill" }, sentence(message)));
    return element;
  }
  const from = author(message);
  if (look.faces && !message.mine) element.append(h("span", { class: "face" }, look.last && avatar(from.id, from.name)));
  const content = h("div", { class: "bubble" });
  if (look.named && look.first) content.append(heading(message, from, look));
  append(content, [look.first && look.topic && inTopic(look.topic, act), message.ephemeral && look.first && only(message), forwarded(message), replied(message, act), ...media(message, act)]);
  const body = words(message, act);
  append(content, [body, reactions(message, act)]);
  content.append(meta(message));
  const column = h("div", { class: "column" }, content, keyboard(message, act));
  const shown = message.photo?.at(-1) ?? message.animation ?? message.video;
  if (shown) column.style.width = `${Math.max(LEAST_MEDIA, shownSize(shown).width) + BESIDE_MEDIA}px`;
  const more = iconButton("more", "What to do with this message", (event) => act.menu(message, event.currentTarget), { class: "message-more", tabindex: -1 });
  element.append(column, more);
  return element;
}

function append(element, children) {
  for (const child of children) if (child) element.append(child);
}

function spoken(message) {
  if (message.service) return sentence(message);
  const time = formatted(new Date(message.date * 1000), { hour: "2-digit", minute: "2-digit" });
  const whom = message.ephemeral ? ", seen only by you" : "";
  return `${message.mine ? "You" : author(message).name}, ${time}${whom}: ${excerpt(message, 300)}`;
}

function heading(message, from, look) {
  const tag = message.author_signature ?? (from.anonymous ? (message.is_automatic_forward ? "channel" : "anonymous") : look.role);
  return h("div", { class: "name", data: { color: nameColor(from.id) } }, h("span", {}, from.name), tag && h("span", { class: "role" }, tag));
}

function inTopic(topic, act) {
  return h("button", { type: "button", class: "in-topic", title: "Show this topic only", on: { click: () => act.topic(topic.id) } }, `# ${topic.name}`);
}

function only(message) {
  const text = message.mine ? "Only you and the bot see this" : "Only you see this";
  return h("div", { class: "only" }, icon("eye"), h("span", {}, text));
}

function forwarded(message) {
  const origin = message.forward_origin;
  if (message.via_bot && !origin) return h("div", { class: "forwarded" }, "via ", h("b", {}, `@${message.via_bot.username}`));
  if (!origin || message.is_automatic_forward) return null;
  const who = origin.sender_user?.first_name ?? origin.sender_chat?.title ?? origin.chat?.title ?? origin.sender_user_name ?? "somebody";
  return h("div", { class: "forwarded" }, "Forwarded from ", h("b", {}, who));
}

function replied(message, act) {
  const target = message.reply_to_message;
  if (!target || target.forum_topic_created) return null;
  const from = author(target);
  return h("button", { type: "button", class: "quoted", data: { color: nameColor(from.id) }, on: { click: () => act.jump(message.reply_key) } }, h("b", {}, from.name), excerptLine(target));
}

function media(message, act) {
  const found = [];
  if (message.photo) found.push(photo(message, act));
  const moving = message.animation ?? message.video;
  if (moving) found.push(movie(moving, message.animation !== undefined));
  else if (message.document) found.push(file(message.document));
  return found;
}

const shownSize = ({ width, height }) => (width < 8 || height < 8 ? { width: 200, height: 120 } : { width, height });

function orLost(element) {
  element.addEventListener("error", () => element.replaceWith(h("span", { class: "lost" }, "This cannot be shown")));
  return element;
}

/** A GIF plays by itself and without a sound, a video when it is started. */
function movie(found, gif) {
  const source = { src: api.file(found.file_id), ...shownSize(found) };
  const picture = found.mime_type === "image/gif";
  const shown = picture ? h("img", { ...source, alt: "GIF" }) : h("video", { ...source, controls: !gif, autoplay: gif, loop: gif, muted: gif, playsinline: true });
  return h("div", { class: "photo" }, orLost(shown), h("span", { class: "kind" }, gif ? "GIF" : "Video"));
}

function photo(message, act) {
  const size = message.photo.at(-1);
  const image = orLost(h("img", { src: api.file(size.file_id), alt: message.caption ? "Photo" : "Photo without caption", ...shownSize(size), loading: "lazy" }));
  return h("button", { type: "button", class: "photo", aria: { label: "Look at the photo" }, on: { click: () => act.look(size.file_id) } }, image);
}

function file(document) {
  const name = document.file_name ?? "File";
  return h("a", { class: "file", href: new URL(api.file(document.file_id), location.href).href, download: name, title: `Save ${name}` },
    h("span", { class: "file-icon" }, icon("file")), h("span", {}, h("b", {}, name), h("small", {}, bytes(document.file_size))));
}

function bytes(count) {
  if (!Number.isFinite(count)) return "";
  return count < 1024 ? `${count} B` : count < 1_048_576 ? `${(count / 1024).toFixed(1)} KB` : `${(count / 1_048_576).toFixed(1)} MB`;
}

function words(message, act) {
  if (message.rich_message) return richBody(message.rich_message, act);
  const text = message.text ?? message.caption;
  if (text === undefined) return null;
  const entities = message.entities ?? message.caption_entities;
  const big = emojiOnly(text) && !entities?.length && !message.reply_markup;
  return h("div", { class: big ? "text big" : "text", dir: "auto" }, rendered(text, entities, act, act.language));
}

const emojiOnly = (text) => /^(?:\p{Extended_Pictographic}[\u{1F3FB}-\u{1F3FF}\uFE0F]?){1,3}$/u.test(text);

function reactions(message, act) {
  const counts = new Map();
  for (const emoji of message.reactions ?? []) counts.set(emoji, (counts.get(emoji) ?? 0) + 1);
  if (!counts.size) return null;
  return h("div", { class: "reactions" }, [...counts].map(([emoji, count]) => h("button", { type: "button", on: { click: () => act.react(message, emoji) }, aria: { label: `${emoji} ${count}` } }, `${emoji} ${count}`)));
}

function meta(message) {
  const moment = new Date(message.date * 1000);
  const edited = message.edit_date && !message.ephemeral ? "edited " : "";
  const time = formatted(moment, { hour: "2-digit", minute: "2-digit" });
  return h("span", { class: "meta", title: formatted(moment, { dateStyle: "full", timeStyle: "medium" }) }, edited, time, message.mine && !message.ephemeral && h("span", { class: "ticks", aria: { hidden: true } }, " ✓✓"));
}

function keyboard(message, act) {
  const rows = message.reply_markup?.inline_keyboard ?? [];
  if (!rows.length) return null;
  return h("div", { class: "keyboard", role: "group", aria: { label: "Buttons of the message" } }, rows.map((row, y) => h("div", { class: "keys" }, row.map((key, x) => inlineKey(message, key, y, x, act)))));
}

const CORNERS = [["url", "↗"], ["copy_text", "⧉"], ["web_app", "▣"], ["login_url", "↗"]];

function inlineKey(message, key, row, column, act) {
  const corner = CORNERS.find(([field]) => key[field] !== undefined)?.[1];
  const disabled = key.disabled !== undefined;
  const style = ["primary", "success", "danger"].includes(key.style) ? key.style : "";
  const props = { type: "button", class: `key ${style}`, data: { place: `${message.key}:${row}:${column}` }, title: key.url, aria: { disabled: disabled || undefined } };
  return h("button", { ...props, on: { click: () => !disabled && act.press(message, row, column, key) } }, h("span", { dir: "auto" }, key.text), corner && h("span", { class: "corner", aria: { hidden: true } }, corner));
}
