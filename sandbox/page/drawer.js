// The drawer: the bot's last API calls, their errors, and the faults one can switch on.

import { api } from "./api.js";
import { fill, h, iconButton } from "./dom.js";
import { attempt, form } from "./overlays.js";
import { world } from "./world.js";

const KEPT = 400;

export class Drawer {
  constructor(element, changed) {
    this.element = element;
    this.changed = changed;
    this.calls = [];
    this.errors = 0;
    this.open = new Set();
    this.filter = h("input", { type: "search", placeholder: "Filter: method, chat, text…", aria: { label: "Filter calls" }, on: { input: () => this.#drawCalls() } });
    this.onlyErrors = h("input", { type: "checkbox", on: { change: () => this.#drawCalls() } });
    this.faults = h("div", { class: "faults", role: "group", aria: { label: "Faults" } });
    this.status = h("p", { class: "drawer-status" });
    this.list = h("div", { class: "calls", role: "list", aria: { label: "API calls, the newest first" } });
    const close = iconButton("close", "Close the drawer", () => this.toggle(false));
    const clear = h("button", { type: "button", class: "fault", on: { click: () => this.#clear() } }, "Clear the list");
    fill(element,
      h("header", { class: "drawer-head" }, h("h2", {}, "Bot API"), this.status, close),
      this.faults,
      h("div", { class: "drawer-tools" }, this.filter, h("label", { class: "check" }, this.onlyErrors, h("span", {}, "errors only")), clear),
      this.list);
    element.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
  }

  async load() {
    const found = await api.calls(this.calls.at(-1)?.number ?? 0);
    if (found.length && this.calls.length && found.at(-1).number < this.calls.at(-1).number) this.calls = [];
    for (const call of found) this.#take(call);
    this.#drawCalls();
  }

  add(call) {
    if (!this.#take(call)) return;
    if (call.status !== 200) {
      this.errors += 1;
      this.changed();
    }
    if (!this.element.hidden) this.#drawCalls();
  }

  /** Keep a call; whether it was new. */
  #take(call) {
    if (this.calls.some((one) => one.number === call.number)) return false;
    this.calls.push(call);
    if (this.calls.length > KEPT) this.calls.shift();
    return true;
  }

  toggle(open = this.element.hidden) {
    this.element.hidden = !open;
    this.errors = 0;
    if (open) {
      this.draw();
      this.#drawCalls();
      this.filter.focus();
    }
    this.changed(true);
  }

  #clear() {
    this.calls = this.calls.slice(-1);
    this.since = this.calls.at(-1)?.number ?? 0;
    this.#drawCalls();
  }

  /** The switches, as the sandbox says they are. */
  draw() {
    const state = world.state;
    if (!state || this.element.hidden) return;
    const link = state.webhook ? "webhook set" : state.polling ? "the bot is polling" : "no bot is asking for updates";
    fill(this.status, `${link} · ${state.pending} ${state.pending === 1 ? "update" : "updates"} waiting`);
    this.status.classList.toggle("bad", !state.polling && !state.webhook);
    const { outage, slow, waiting } = state.faults;
    const held = new Map();
    for (const one of waiting) held.set(one.kind, (held.get(one.kind) ?? 0) + (one.times ?? Infinity));
    const button = (label, hint, name, more = {}, on = false) => h("button", { type: "button", class: "fault", title: hint, aria: { pressed: on }, on: { click: () => this.#fault(name, more) } }, label);
    const count = (kind) => (held.has(kind) ? ` ×${held.get(kind)}`.replace("×Infinity", "for a while") : "");
    fill(this.faults,
      h("button", { type: "button", class: "fault", title: "The next calls are answered with 429", on: { click: () => this.#flood() } }, "Flood…"),
      outage ? button("Outage: end it", "Connections work again", "clear", {}, true) : button("Outage", "Every connection of the bot is closed until you end it", "outage"),
      slow ? button(`Slow (${slow} s): end it`, "", "slow", { seconds: 0 }, true) : button("Slow network", "Every answer comes two seconds later", "slow", { seconds: 2 }),
      button("Drop the connection", "Closes what is open now, once", "drop_connections"),
      button(`502${count("bad_gateway")}`, "The next answer is an HTML page", "bad_gateway"),
      button(`Reset${count("reset")}`, "The next connection is reset", "reset"),
      button(`Broken JSON${count("garbage")}`, "The next answer is no JSON", "garbage"),
      button(`No answer${count("hang")}`, "The next call is never answered", "hang"),
      button("Second poller", "The next getUpdates is answered with 409", "foreign_poller"),
      button("Real limits", "1 message a second in a chat, 20 a minute in a group", "limits", { on: !state.limits }, state.limits),
      button("Old server", "Without ephemeral messages: older than Bot API 10.2", "ephemeral", { on: !state.ephemeral }, !state.ephemeral),
      held.size > 0 || outage || slow ? button("All well again", "Takes every fault back", "clear") : null);
  }

  async #flood() {
    const fields = [
      { name: "seconds", label: "Retry after (seconds)", value: "5" },
      { name: "times", label: "How many calls", value: "1" },
      { name: "method", label: "Method", placeholder: "any", hint: "sendMessage, editMessageText …" },
    ];
    const given = await form("Flood: 429", fields, "Set");
    if (!given) return;
    const whole = (text, least) => Math.max(least, Number.parseInt(text, 10) || least);
    await this.#fault("flood", { retry_after: whole(given.seconds, 0), times: whole(given.times, 1), ...(given.method ? { method: given.method } : {}) });
  }

  async #fault(name, more) {
    await attempt(() => api.fault(name, more));
    await attempt(() => world.reload());
  }

  #drawCalls() {
    if (this.element.hidden) return;
    const wanted = this.filter.value.trim().toLowerCase();
    const fits = (call) => call.number > (this.since ?? 0) && (!this.onlyErrors.checked || call.status !== 200) && (!wanted || JSON.stringify(call).toLowerCase().includes(wanted));
    const found = this.calls.filter(fits).reverse();
    fill(this.list, found.slice(0, 150).map((call) => this.#row(call)));
    if (!found.length) this.list.append(h("p", { class: "note" }, this.calls.length ? "No call fits." : "The bot has not called yet. Start it with the address and token of this sandbox."));
  }

  #row(call) {
    const row = h("details", { class: call.status === 200 ? "call" : "call bad", role: "listitem", open: this.open.has(call.number) });
    const time = new Date(call.at * 1000).toLocaleTimeString("en-GB");
    row.append(h("summary", {}, h("span", { class: "call-status" }, call.status), h("b", {}, call.method), h("span", { class: "call-what" }, call.status === 200 ? brief(call.parameters) : String(call.answer)), h("small", {}, `${call.milliseconds} ms · ${time}`)));
    const details = () => row.append(h("div", { class: "call-more" }, h("h3", {}, "Parameters"), h("pre", { class: "json", tabindex: 0 }, pretty(call.parameters)), h("h3", {}, "Answer"), h("pre", { class: "json", tabindex: 0 }, pretty(call.answer))));
    row.addEventListener("toggle", () => {
      if (row.open) this.open.add(call.number);
      else this.open.delete(call.number);
      if (row.open && !row.querySelector(".call-more")) details();
    });
    return row;
  }
}

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

function brief(parameters) {
  const parts = Object.entries(parameters ?? {}).map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const text = parts.join(" · ").replace(/\s+/g, " ");
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
