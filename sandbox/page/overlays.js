// What lies on top: toasts, alerts, questions, menus.

import { arrows, h, icon, iconButton } from "./dom.js";

/** A short word at the top of a pane or of the window; it goes by itself. */
export function toast(text, where = document.getElementById("toasts"), { bad = false } = {}) {
  const shown = h("div", { class: bad ? "toast bad" : "toast", dir: "auto" }, text);
  where.append(shown);
  while (where.children.length > 3) where.firstChild.remove();
  setTimeout(() => shown.remove(), bad ? 6000 : 3500);
}

/** Run something and say in one sentence why it did not work. */
export async function attempt(work, where) {
  try {
    return await work();
  } catch (error) {
    toast(error.message, where, { bad: true });
    return undefined;
  }
}

/** A modal dialog; `body` gets `close(value)`, the promise its value (undefined when it was dismissed). */
export function dialog(title, body, { wide = false } = {}) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const shown = h("dialog", { class: wide ? "dialog wide" : "dialog", aria: { label: title } });
    const close = (value) => {
      shown.close();
      shown.remove();
      if (before?.isConnected) before.focus();
      resolve(value);
    };
    shown.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(undefined);
    });
    shown.addEventListener("click", (event) => event.target === shown && close(undefined));
    const head = h("header", { class: "dialog-head" }, h("h2", {}, title), iconButton("close", "Close", () => close(undefined)));
    shown.append(h("div", { class: "dialog-box" }, head, body(close, shown)));
    document.body.append(shown);
    shown.showModal();
    (shown.querySelector("[autofocus]") ?? shown.querySelector(".dialog-body :is(button, input, select, a)"))?.focus();
  });
}

/** The bot's word that has to be read. */
export const alertBox = (title, text) =>
  dialog(title, (close) => [
    h("div", { class: "dialog-body" }, h("p", { class: "alert-text", dir: "auto" }, text)),
    h("footer", {}, h("button", { type: "button", class: "main", autofocus: true, on: { click: () => close(true) } }, "OK")),
  ]);

/** A question with a way out. */
export const confirmed = (title, text, yes, { danger = false } = {}) =>
  dialog(title, (close) => [
    h("div", { class: "dialog-body" }, h("p", { class: "alert-text", dir: "auto" }, text)),
    h("footer", {},
      h("button", { type: "button", on: { click: () => close(false) } }, "Cancel"),
      h("button", { type: "button", class: danger ? "main danger" : "main", autofocus: true, on: { click: () => close(true) } }, yes)),
  ]);

/** Ask for some values. `fields`: name, label, and `type` (text, checkbox, select with `options`), `value`, `hint`. */
export function form(title, fields, yes, note) {
  return dialog(title, (close) => {
    const inputs = {};
    const rows = fields.map((field, index) => {
      const input = (inputs[field.name] = control(field));
      if (index === 0) input.setAttribute("autofocus", "");
      if (field.type === "checkbox") return h("label", { class: "check" }, input, h("span", {}, field.label));
      return h("label", {}, h("span", {}, field.label), input, field.hint && h("small", {}, field.hint));
    });
    const submit = (event) => {
      event.preventDefault();
      close(Object.fromEntries(fields.map(({ name, type }) => [name, type === "checkbox" ? inputs[name].checked : inputs[name].value.trim()])));
    };
    return h("form", { on: { submit } },
      h("div", { class: "dialog-body fields" }, note && h("p", { class: "note" }, note), rows),
      h("footer", {}, h("button", { type: "button", on: { click: () => close(undefined) } }, "Cancel"), h("button", { class: "main" }, yes)));
  });
}

function control(field) {
  if (field.type === "select") {
    const options = field.options.map(([value, label]) => h("option", { value, selected: value === field.value }, label));
    return h("select", {}, options);
  }
  if (field.type === "checkbox") return h("input", { type: "checkbox", checked: field.value, disabled: field.disabled });
  return h("input", { type: "text", value: field.value ?? "", placeholder: field.placeholder, required: field.required ?? false, maxlength: field.most, autocomplete: "off" });
}

/** A list to choose one from; `entries` are [label, value, detail] or nodes for headings. */
export const choose = (title, entries, note) =>
  dialog(title, (close) => {
    const rows = entries.map(([label, value, detail, picture]) =>
      h("button", { type: "button", class: "pick", on: { click: () => close(value) } }, picture, h("span", {}, h("b", {}, label), detail && h("small", {}, detail))));
    const list = h("div", { class: "dialog-body picks" }, note && h("p", { class: "note" }, note), rows.length ? rows : h("p", { class: "note" }, "There is nothing to choose."));
    arrows(list, ".pick");
    return list;
  });

/** A menu at a point or under an element; `entries` are [label, action, {danger, icon, row}] or null for a line. */
export function menu(entries, anchor) {
  document.querySelector(".menu")?.remove();
  const before = document.activeElement;
  const close = (back = true) => {
    if (!list.isConnected) return;
    list.remove();
    document.removeEventListener("pointerdown", outside, true);
    if (back && before?.isConnected) before.focus({ preventScroll: true });
  };
  const outside = (event) => !list.contains(event.target) && close(false);
  const items = entries.filter((one) => one !== false && one !== undefined).map((entry) => {
    if (entry === null) return h("hr", {});
    if (entry instanceof Node) return entry;
    const [label, action, { danger = false, image = null, on = false } = {}] = entry;
    const click = () => {
      close();
      action();
    };
    return h("button", { type: "button", role: "menuitem", class: danger ? "danger" : "", on: { click } }, image && (typeof image === "string" ? icon(image) : image), h("span", {}, label), on && h("span", { class: "tick" }, "✓"));
  });
  const list = h("div", { class: "menu", role: "menu" }, items);
  arrows(list, "button");
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  document.body.append(list);
  placed(list, anchor);
  document.addEventListener("pointerdown", outside, true);
  list.querySelector("button")?.focus({ preventScroll: true });
  return { close };
}

/** Keep it inside the window; set by the object model, which the content security policy allows. */
function placed(list, anchor) {
  const point = anchor instanceof Element ? anchor.getBoundingClientRect() : { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y };
  const { offsetWidth: width, offsetHeight: height } = list;
  const left = point.left + width > innerWidth - 8 ? Math.max(8, point.right - width) : point.left;
  const below = point.bottom + 4;
  const top = below + height > innerHeight - 8 ? Math.max(8, point.top - height - 4) : below;
  list.style.left = `${left}px`;
  list.style.top = `${top}px`;
}

