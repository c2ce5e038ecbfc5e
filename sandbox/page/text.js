// Text with entities, both ways: entities to elements, and what somebody types to entities.
// Offsets of the Bot API count UTF-16 code units, as JavaScript's strings do.

import { h, safeHref } from "./dom.js";

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s" };

/** Elements for a text; `act` is what a click can cause: open(address), command(text), mention(name), copy(text). */
export function rendered(text, entities, act, language) {
  const sorted = [...(entities ?? [])].filter((one) => one.length > 0).sort((a, b) => a.offset - b.offset || b.length - a.length);
  return pieces(String(text ?? ""), 0, String(text ?? "").length, sorted, act, language);
}

function pieces(text, from, to, entities, act, language) {
  const found = [];
  let position = from;
  let left = entities;
  let last = null;
  while (left.length) {
    const [entity, ...others] = left;
    const start = Math.max(entity.offset, position);
    const end = Math.min(entity.offset + entity.length, to);
    left = others;
    if (end <= start) continue;
    if (start > position) found.push(between(text, position, start, last));
    last = entity;
    const inner = [];
    const after = [];
    for (const other of others) {
      const stop = other.offset + other.length;
      if (other.offset < end) inner.push(other);
      if (stop > end) after.push(other.offset < end ? { ...other, offset: end, length: stop - end } : other);
    }
    left = after;
    found.push(element(entity, text.slice(start, end), pieces(text, start, end, inner, act, language), act, language));
    position = end;
  }
  if (position < to) found.push(between(text, position, to, last));
  return found;
}

/** The line break after a block is the block's own. */
function between(text, from, to, last) {
  const own = last && BLOCKS.has(last.type) && text[from] === "\n" && last.offset + last.length === from;
  return text.slice(own ? from + 1 : from, to);
}

function element(entity, raw, inside, act, language) {
  switch (entity.type) {
    case "bold":
    case "italic":
    case "underline":
    case "strikethrough":
      return h(TAGS[entity.type], {}, inside);
    case "spoiler":
      return spoiler(inside);
    case "code":
      return h("code", { title: "Copy", on: { click: () => act.copy(raw) } }, inside);
    case "pre":
      return pre(raw, inside, entity.language, act);
    case "blockquote":
      return h("blockquote", {}, inside);
    case "expandable_blockquote":
      return expandable(inside);
    case "url":
    case "text_link":
      return link(entity.url ?? raw, inside, act);
    case "email":
      return link(`mailto:${raw}`, inside, act);
    case "phone_number":
      return h("span", { class: "marked" }, inside);
    case "bot_command":
      return h("button", { type: "button", class: "inline-link", dir: "ltr", on: { click: () => act.command(raw) } }, inside);
    case "mention":
      return h("button", { type: "button", class: "inline-link", on: { click: () => act.mention(raw.slice(1)) } }, inside);
    case "text_mention":
      return h("span", { class: "marked", title: entity.user?.first_name }, inside);
    case "hashtag":
    case "cashtag":
      return h("span", { class: "marked" }, inside);
    case "custom_emoji":
      return h("span", { class: "custom-emoji", title: `Custom emoji ${entity.custom_emoji_id ?? ""}` }, inside);
    case "date_time":
      return dateTime(entity, inside, act, language);
    default:
      return h("span", {}, inside);
  }
}

/** Hidden until it is pressed. */
export function spoiler(inside) {
  const shown = h("span", { class: "spoiler", role: "button", tabindex: 0, aria: { label: "Hidden text, press to show", expanded: false } }, h("span", { aria: { hidden: true } }, inside));
  const reveal = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    if (shown.classList.contains("open")) return;
    event.preventDefault();
    event.stopPropagation();
    shown.classList.add("open");
    for (const name of ["role", "tabindex", "aria-label", "aria-expanded"]) shown.removeAttribute(name);
    shown.firstChild.removeAttribute("aria-hidden");
  };
  shown.addEventListener("click", reveal, true);
  shown.addEventListener("keydown", reveal, true);
  return shown;
}

function pre(raw, inside, language, act) {
  const copy = h("button", { type: "button", class: "copy", on: { click: () => act.copy(raw) } }, "Copy");
  return h("span", { class: "pre" }, h("span", { class: "pre-head" }, language || "code", copy), h("pre", {}, h("code", {}, inside)));
}

/** A quotation that shows three lines until it is opened. */
export function expandable(inside) {
  const quote = h("blockquote", { class: "folded" }, h("span", { class: "folded-text" }, inside));
  const more = h("button", { type: "button", class: "unfold", aria: { expanded: false } }, "Show more");
  more.addEventListener("click", () => {
    const open = quote.classList.toggle("unfolded");
    more.textContent = open ? "Show less" : "Show more";
    more.setAttribute("aria-expanded", String(open));
  });
  return h("span", { class: "fold" }, quote, more);
}

function link(address, inside, act) {
  const href = safeHref(address);
  if (href === null) return h("span", { class: "marked" }, inside);
  const open = (event) => {
    event.preventDefault();
    act.open(href);
  };
  return h("a", { href, rel: "noopener noreferrer", target: "_blank", title: href, on: { click: open } }, inside);
}

/** A moment in the reader's own time; without a format the text stays and the moment is a hint. */
function dateTime(entity, inside, act, language) {
  const moment = new Date(Number(entity.unix_time) * 1000);
  if (Number.isNaN(moment.getTime())) return h("span", {}, inside);
  const whole = formatted(moment, { dateStyle: "full", timeStyle: "medium" }, language);
  const shown = entity.date_time_format ? inWords(moment, entity.date_time_format, language) : inside;
  return h("time", { class: "marked", datetime: moment.toISOString(), title: whole, on: { click: () => act.say(whole) } }, shown);
}

function inWords(moment, format, language) {
  if (format.includes("r")) return relative(moment, language);
  const options = {};
  if (format.includes("w")) options.weekday = "long";
  if (format.includes("d")) Object.assign(options, { day: "2-digit", month: "2-digit", year: "2-digit" });
  if (format.includes("D")) Object.assign(options, { day: "numeric", month: "long", year: "numeric" });
  if (/t/i.test(format)) Object.assign(options, { hour: "2-digit", minute: "2-digit" });
  if (format.includes("T")) options.second = "2-digit";
  return formatted(moment, options, language);
}

const STEPS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

function relative(moment, language) {
  const seconds = Math.round((moment.getTime() - Date.now()) / 1000);
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS.at(-1);
  return new Intl.RelativeTimeFormat(known(language), { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/** A date or time in the words of a language; an unknown one becomes British English. */
export const formatted = (moment, options, language) => new Intl.DateTimeFormat(known(language), options).format(moment);

function known(language) {
  try {
    return language && language !== "en" ? Intl.getCanonicalLocales(language)[0] : "en-GB";
  } catch {
    return "en-GB";
  }
}

const MARKS = { "**": "bold", __: "italic", "~~": "strikethrough", "||": "spoiler" };

// A label without brackets, and an address that may hold a pair of parentheses.
const LINK = /^\[([^[\]\n]+)\]\(((?:[^\s()]|\([^\s()]*\))+)\)/;

/** The address of a text link, with a scheme; null when it is none. */
export function linked(address) {
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`;
  const known = /^(https?:\/\/[^/]*\.|https?:\/\/(localhost|127\.)|tg:|mailto:)/i.test(whole);
  return known && safeHref(whole) !== null ? whole : null;
}

/**
 * What was typed, with Telegram's shortcuts as entities: **bold** __italic__ ~~strike~~ ||spoiler|| `code` ```pre```
 * [text](address).
 */
export function parsed(typed) {
  let text = "";
  const entities = [];
  const open = [];
  let at = 0;
  while (at < typed.length) {
    const fenced = /^```(?:([\w+#-]+)\n)?([\s\S]+?)```/.exec(typed.slice(at)) ?? /^`([^`\n]+)`/.exec(typed.slice(at));
    if (fenced) {
      const block = fenced[0].startsWith("```");
      const inside = block ? fenced[2].replace(/^\n|\n$/g, "") : fenced[1];
      const language = block && fenced[1] ? { language: fenced[1] } : {};
      entities.push({ type: block ? "pre" : "code", offset: text.length, length: inside.length, ...language });
      text += inside;
      at += fenced[0].length;
      continue;
    }
    const [whole, label, address] = LINK.exec(typed.slice(at)) ?? [];
    const url = whole ? linked(address) : null;
    if (url) {
      const inner = parsed(label);
      const start = text.length;
      entities.push({ type: "text_link", offset: start, length: inner.text.length, url });
      entities.push(...inner.entities.map((one) => ({ ...one, offset: one.offset + start })));
      text += inner.text;
      at += whole.length;
      continue;
    }
    const mark = typed.slice(at, at + 2);
    const begun = open.findLastIndex((one) => one.mark === mark);
    if (MARKS[mark] && begun >= 0 && text.length > open[begun].offset) {
      const [{ offset }] = open.splice(begun);
      entities.push({ type: MARKS[mark], offset, length: text.length - offset });
    } else if (MARKS[mark] && begun < 0 && typed.indexOf(mark, at + 3) > 0) {
      open.push({ mark, offset: text.length, at });
    } else {
      text += typed[at];
      at += 1;
      continue;
    }
    at += 2;
  }
  if (open.length) return { text: typed, entities: [] };
  return { text, entities: entities.sort((a, b) => a.offset - b.offset || b.length - a.length) };
}

/** The same text as somebody would type it, for editing. */
export function typedAgain(text, entities) {
  const marks = { ...Object.fromEntries(Object.entries(MARKS).map(([mark, type]) => [type, mark])), code: "`", pre: "```" };
  const inserts = [];
  (entities ?? []).forEach((one, depth) => {
    const link = one.type === "text_link";
    const mark = link ? "[" : marks[one.type];
    if (!mark) return;
    const begin = mark + (one.type === "pre" && one.language ? `${one.language}\n` : "");
    inserts.push({ at: one.offset, begins: 1, depth, mark: begin });
    inserts.push({ at: one.offset + one.length, begins: 0, depth: -depth, mark: link ? `](${one.url})` : mark });
  });
  // From the end; at one place what begins before what ends, and the inner before what is around it.
  inserts.sort((a, b) => b.at - a.at || b.begins - a.begins || b.depth - a.depth);
  let result = text;
  for (const { at, mark } of inserts) result = result.slice(0, at) + mark + result.slice(at);
  return result;
}
