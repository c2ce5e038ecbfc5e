// Rich messages: blocks of rich text, as far as Telegram's own apps show them without media.

import { h, safeHref } from "./dom.js";
import { expandable, formatted, spoiler } from "./text.js";

const MARKS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", marked: "mark", subscript: "sub", superscript: "sup" };
const TABLE = ["striped", "bordered", "compact"];
const DEEPEST = 24;

function words(text, act, depth = 0) {
  if (text === null || text === undefined || depth > DEEPEST) return [];
  if (typeof text === "string") return [text];
  if (Array.isArray(text)) return text.map((one) => words(one, act, depth + 1));
  const inside = words(text.text ?? text.alternative_text ?? text.expression ?? "", act, depth + 1);
  if (MARKS[text.type]) return [h(MARKS[text.type], {}, inside)];
  if (text.type === "spoiler") return [spoiler(inside)];
  if (text.type === "url") return [anchor(text.url, inside, act)];
  if (text.type === "email_address") return [anchor(`mailto:${text.email_address}`, inside, act)];
  if (text.type === "bot_command") return [h("button", { type: "button", class: "inline-link", dir: "ltr", on: { click: () => act.command(text.bot_command) } }, inside)];
  if (text.type === "date_time") return [h("time", { class: "marked" }, text.date_time_format ? formatted(new Date(text.unix_time * 1000), { dateStyle: "medium", timeStyle: "short" }) : inside)];
  return [h("span", {}, inside)];
}

function anchor(address, inside, act) {
  const href = safeHref(address);
  const open = (event) => {
    event.preventDefault();
    act.open(href);
  };
  return href === null ? h("span", {}, inside) : h("a", { href, rel: "noopener noreferrer", on: { click: open } }, inside);
}

function cell(one, act) {
  const span = { colspan: one.colspan, rowspan: one.rowspan };
  return h(one.is_header ? "th" : "td", { ...span, data: { align: one.align ?? "left" } }, words(one.text, act));
}

const BLOCKS = {
  paragraph: (b, act) => h("p", {}, words(b.text, act)),
  heading: (b, act) => h("p", { class: "rich-heading", role: "heading", aria: { level: 3 }, data: { size: b.size ?? 2 } }, words(b.text, act)),
  pre: (b, act) => h("pre", {}, h("code", {}, words(b.text, act))),
  footer: (b, act) => h("p", { class: "rich-footer" }, words(b.text, act)),
  thinking: (b, act) => h("p", { class: "rich-footer" }, words(b.text, act)),
  divider: () => h("hr", {}),
  blockquote: (b, act, depth) => h("blockquote", {}, blocks(b.blocks, act, depth), credit(b, act)),
  pullquote: (b, act) => h("blockquote", {}, words(b.text, act), credit(b, act)),
  expandable_blockquote: (b, act) => expandable(words(b.text, act)),
  details: (b, act, depth) => h("details", { open: b.is_open }, h("summary", {}, words(b.summary, act)), blocks(b.blocks, act, depth)),
  list: (b, act, depth) =>
    h("ul", { class: "rich-list" }, (b.items ?? []).map((item) => h("li", {}, h("span", { class: "rich-label" }, item.has_checkbox ? (item.is_checked ? "☑" : "☐") : item.label), h("span", {}, blocks(item.blocks, act, depth))))),
  table: (b, act) =>
    h("div", { class: "rich-scroll" }, h("table", { class: TABLE.filter((name) => b[`is_${name}`]).join(" ") }, b.caption && h("caption", {}, words(b.caption, act)), (b.cells ?? []).map((row) => h("tr", {}, row.map((one) => cell(one, act)))))),
};

const credit = (block, act) => block.credit && h("cite", {}, words(block.credit, act));

function blocks(list, act, depth = 0) {
  if (depth > DEEPEST || !Array.isArray(list)) return [];
  return list.map((block) => (BLOCKS[block.type] ? BLOCKS[block.type](block, act, depth + 1) : h("p", { class: "rich-footer" }, `[${block.type}]`, words(block.text, act))));
}

/** The body of a rich message. */
export const richBody = (rich, act) => h("div", { class: rich.is_rtl ? "rich rtl" : "rich" }, blocks(rich.blocks, act));
