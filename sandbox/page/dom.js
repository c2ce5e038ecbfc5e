// Everything that comes into the document comes through here: text as text, addresses only of known kinds.

const SCHEMES = new Set(["http:", "https:", "tg:", "mailto:"]);
const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  send: "M2.01 21 23 12 2.01 3 2 10l15 2-15 2z",
  attach: "M16.5 6v11.5a4 4 0 0 1-8 0V5a2.5 2.5 0 0 1 5 0v10.5a1 1 0 0 1-2 0V6H10v9.5a2.5 2.5 0 0 0 5 0V5a4 4 0 0 0-8 0v12.5a5.5 5.5 0 0 0 11 0V6z",
  close: "M19 6.41 17.59 5 12 10.59 6.41 5 5 6.41 10.59 12 5 17.59 6.41 19 12 13.41 17.59 19 19 17.59 13.41 12z",
  back: "M20 11H7.83l5.59-5.59L12 4l-8 8 8 8 1.41-1.41L7.83 13H20z",
  more: "M12 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zm0 2a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm0 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  add: "M19 13h-6v6h-2v-6H5v-2h6V5h2v6h6z",
  reply: "M10 9V5l-7 7 7 7v-4.1c5 0 8.5 1.6 11 5.1-1-5-4-10-11-11z",
  edit: "M3 17.25V21h3.75L17.81 9.94l-3.75-3.75zM20.71 7.04a1 1 0 0 0 0-1.41l-2.34-2.34a1 1 0 0 0-1.41 0l-1.83 1.83 3.75 3.75z",
  down: "M7.41 8.59 12 13.17l4.59-4.58L18 10l-6 6-6-6z",
  eye: "M12 4.5C7 4.5 2.73 7.61 1 12c1.73 4.39 6 7.5 11 7.5s9.27-3.11 11-7.5c-1.73-4.39-6-7.5-11-7.5zM12 17a5 5 0 1 1 0-10 5 5 0 0 1 0 10zm0-8a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  pin: "M16 9V4h1V2H7v2h1v5c0 1.66-1.34 3-3 3v2h5.97v7l1 1 1-1v-7H19v-2c-1.66 0-3-1.34-3-3z",
  file: "M6 2a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8l-6-6zm7 7V3.5L18.5 9z",
  theme: "M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20zm0-18v16a8 8 0 0 0 0-16z",
  code: "M9.4 16.6 4.8 12l4.6-4.6L8 6l-6 6 6 6zm5.2 0 4.6-4.6-4.6-4.6L16 6l6 6-6 6z",
  split: "M4 5a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h7V5zm9 0v14h7a1 1 0 0 0 1-1V6a1 1 0 0 0-1-1z",
  keyboard: "M20 5H4a2 2 0 0 0-2 2v10c0 1.1.9 2 2 2h16a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2zm-9 3h2v2h-2zm0 3h2v2h-2zM8 8h2v2H8zm0 3h2v2H8zm-1 2H5v-2h2zm0-3H5V8h2zm9 7H8v-2h8zm0-4h-2v-2h2zm0-3h-2V8h2zm3 3h-2v-2h2zm0-3h-2V8h2z",
  menu: "M3 6h18v2H3zm0 5h18v2H3zm0 5h18v2H3z",
  group: "M16 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-8 0a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm0 2c-2.33 0-7 1.17-7 3.5V19h14v-2.5C15 14.17 10.33 13 8 13zm8 0c-.29 0-.62.02-.97.05A4.22 4.22 0 0 1 17 16.5V19h6v-2.5c0-2.33-4.67-3.5-7-3.5z",
};

/** The address as it may stand in a link, or null: no javascript:, no data:, nothing relative. */
export function safeHref(address) {
  const given = String(address ?? "").trim();
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(given) ? given : `http://${given}`;
  try {
    const url = new URL(whole);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * An element. `props`: `on` (listeners), `data`, `aria`, `class`, anything else an attribute or, when it is true or
 * false, the presence of one. Children are nodes or plain text.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "aria") for (const [key, said] of Object.entries(value)) aria(element, key, said);
    else if (name === "value") element.value = value;
    else if (name === "href") element.setAttribute("href", safeHref(value) ?? "about:blank#blocked");
    else if (/^(on|style|srcdoc|innerhtml|outerhtml)/i.test(name)) throw new Error(`${name} is not set from here`);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function aria(element, key, value) {
  if (value !== undefined && value !== null) element.setAttribute(`aria-${key}`, String(value));
}

/** Add children; nested lists are flattened, empty ones left out. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** Replace everything in an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** One of the icons; the control around it has the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

/** A button with an icon and a name that is read out and shown as a hint. */
export function iconButton(name, label, click, props = {}) {
  const kind = `icon-button ${props.class ?? ""}`;
  return h("button", { type: "button", title: label, aria: { label }, on: { click }, ...props, class: kind }, icon(name));
}

/** Make the arrow keys (Home, End) move the focus among the controls inside that fit the selector. */
export function arrows(element, selector, { wrap = true } = {}) {
  element.addEventListener("keydown", (event) => {
    const all = [...element.querySelectorAll(selector)].filter((one) => !one.disabled && one.offsetParent !== null);
    const now = all.indexOf(document.activeElement);
    if (now < 0) return;
    const last = all.length - 1;
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    let next = event.key === "Home" ? 0 : event.key === "End" ? last : step ? now + step : null;
    if (next === null) return;
    if (wrap) next = (next + all.length) % all.length;
    event.preventDefault();
    all[Math.min(Math.max(next, 0), last)].focus();
  });
}

const COLORS = 7;

/** A round picture with initials, coloured by the id as Telegram does. */
export function avatar(id, name) {
  const letters = [...String(name ?? "").matchAll(/[\p{L}\p{N}]+/gu)].slice(0, 2).map((word) => [...word[0]][0]);
  return h("span", { class: "avatar", data: { color: nameColor(id) }, aria: { hidden: true } }, letters.join("").toUpperCase() || "?");
}

/** Which of the seven colours of names belongs to an id; supergroups count by their number behind -100. */
export const nameColor = (id) => String((Math.abs(Number(id) || 0) % 1_000_000_000_000) % COLORS);
