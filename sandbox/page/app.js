// The page as a whole: which person looks at which chat, on one side or two; it stands in the address.

import { drawChats, drawHead } from "./chats.js";
import { fill, h, iconButton } from "./dom.js";
import { Drawer } from "./drawer.js";
import { showHint } from "./hint.js";
import { Pane } from "./pane.js";
import { drawPeople } from "./people.js";
import { world } from "./world.js";

const THEMES = { auto: "dark", dark: "light", light: "auto" };
const byId = (id) => document.getElementById(id);

class App {
  constructor() {
    this.element = byId("app");
    this.first = new Pane("first", this);
    this.second = new Pane("second", this);
    this.isSplit = false;
    this.drawer = new Drawer(byId("drawer"), (opened) => this.#drawTools(opened));
    byId("panes").append(this.first.root);
    this.#theme(stored("sandbox-theme") ?? "auto");
    this.#listen();
    showHint(byId("hint"), this);
    world.start();
  }

  /** Look at the place the address names, or at the first person's newest chat. */
  async restore() {
    const given = new URLSearchParams(location.hash.slice(1));
    const people = world.state.people.filter((one) => !one.deactivated);
    const known = (id) => people.find((one) => one.id === Number(id))?.id;
    const person = known(given.get("as")) ?? this.#still(this.first.person) ?? people[0]?.id ?? null;
    const other = known(given.get("also")) ?? null;
    await world.watch([...new Set([person, other])].filter((id) => id !== null));
    const chats = person === null ? [] : world.chatsOf(person);
    const wanted = Number(given.get("chat") ?? Number.NaN);
    const groups = chats.filter((one) => one.type !== "private");
    const fallback = groups[0]?.id ?? chats[0]?.id ?? null;
    const chat = given.get("chat") === "bot" ? person : world.chat(wanted) ? wanted : fallback;
    if (given.get("chat") && !this.restored) this.element.dataset.panel = "chat";
    this.restored = true;
    await this.#go(person, chat, other === person ? null : other);
  }

  #still(id) {
    return world.person(id) ? id : undefined;
  }

  async #go(person, chat, other = this.isSplit ? this.second.person : null) {
    const second = other !== null && other !== person ? other : null;
    this.isSplit = second !== null;
    this.element.classList.toggle("split", this.isSplit);
    if (this.isSplit && !this.second.root.isConnected) byId("panes").append(this.second.root);
    if (!this.isSplit) this.second.root.remove();
    await world.watch([person, second].filter((id) => id !== null));
    await this.first.show(person, chat);
    if (this.isSplit) await this.second.show(second, chat === person ? second : chat);
    else this.second.show(null, null);
    this.#address();
    this.draw();
  }

  #address() {
    const { person, chat } = this.first;
    if (person === null) return;
    const parts = { as: person, chat: chat === person ? "bot" : chat, ...(this.isSplit ? { also: this.second.person } : {}) };
    const hash = `#${new URLSearchParams(parts)}`;
    if (hash !== location.hash) history.replaceState(null, "", hash);
  }

  /** Become somebody else on one side; the chat stays, unless the private one belongs to the other. */
  async become(pane, id) {
    const { person, chat } = this.first;
    if (pane === this.second) return this.#go(person, chat, id);
    const same = chat === person || chat === null ? id : chat;
    const other = this.isSplit && this.second.person === id ? person : undefined;
    return this.#go(id, same, other);
  }

  async open(pane, chat, touched = false) {
    if (touched) this.element.dataset.panel = "chat";
    const { person } = this.first;
    const own = chat === person || chat === this.second.person ? person : chat;
    await this.#go(person, own);
    if (touched && matchMedia("(pointer: fine)").matches) this.first.composer.field.focus();
  }

  showList() {
    this.element.dataset.panel = "list";
    byId("chats").querySelector("[aria-current]")?.focus();
  }

  /** One side or two: the second is somebody else in the same chat. */
  async split() {
    const { person, chat } = this.first;
    if (this.isSplit) return this.#go(person, chat, null);
    const others = world.state.people.filter((one) => one.id !== person && !one.deactivated);
    const inside = others.find((one) => chat !== person && world.isIn(chat, one.id)) ?? others[0];
    if (!inside) return this.first.say("There is nobody else yet. Make a person with the + under “I am”.");
    return this.#go(person, chat, inside.id);
  }

  draw() {
    if (!world.state) return;
    drawPeople(byId("people"), this);
    drawHead(byId("side-head"), this);
    drawChats(byId("chats"), this);
    this.drawer.draw();
    const unread = this.first.person === null ? 0 : world.chatsOf(this.first.person).reduce((sum, chat) => sum + chat.unread, 0);
    document.title = `${unread ? `(${unread}) ` : ""}${world.person(this.first.person)?.first_name ?? "Sandbox"} · Sandbox`;
    this.#drawTools();
  }

  #drawTools(opened = false) {
    const theme = this.theme;
    const errors = this.drawer.errors;
    const tools = byId("tools");
    const focused = tools.contains(document.activeElement) ? document.activeElement.dataset.tool : null;
    const hint = `Theme: ${{ auto: "as the system", dark: "dark", light: "light" }[theme]}`;
    const api = iconButton("code", "Bot API: calls, errors, faults", () => this.drawer.toggle(), { data: { tool: "api" }, aria: { label: "Bot API: calls, errors, faults", pressed: !this.drawer.element.hidden } });
    if (errors) api.append(h("span", { class: "dot count" }, errors));
    fill(tools, iconButton("theme", hint, () => this.#theme(THEMES[theme]), { data: { tool: "theme" } }), api);
    if (focused && !opened) tools.querySelector(`[data-tool="${focused}"]`)?.focus();
  }

  #theme(theme) {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
    store("sandbox-theme", theme);
    if (this.drawer) this.#drawTools();
  }

  #listen() {
    let drawn = 0;
    const soon = () => {
      if (!drawn) drawn = requestAnimationFrame(() => ((drawn = 0), this.draw()));
    };
    const panes = () => [this.first, ...(this.isSplit ? [this.second] : [])];
    const draw = (pane) => pane.person !== null && pane.draw();
    world.addEventListener("connection", ({ detail }) => this.#connection(detail));
    world.addEventListener("state", () => (panes().forEach(draw), soon()));
    world.addEventListener("view", ({ detail }) => {
      for (const pane of panes()) if (pane.person === detail.person && pane.chat === detail.chat) pane.draw();
      soon();
    });
    for (const kind of ["read", "news"]) world.addEventListener(kind, soon);
    world.addEventListener("answer", ({ detail }) => panes().forEach((pane) => pane.answer(detail)));
    world.addEventListener("action", ({ detail }) => panes().forEach((pane) => pane.action(detail)));
    world.addEventListener("call", ({ detail }) => this.drawer.add(detail));
    addEventListener("hashchange", () => world.state && this.restore());
    addEventListener("visibilitychange", () => document.hidden || panes().forEach(draw));
    addEventListener("keydown", (event) => this.#key(event));
    document.querySelector(".skip").addEventListener("click", (event) => (event.preventDefault(), byId("messages").focus()));
  }

  async #connection({ online, failures = 0 }) {
    const word = byId("offline");
    word.hidden = online || failures < 2;
    word.textContent = "The sandbox does not answer. Start it again; this page comes back by itself.";
    this.element.classList.toggle("is-offline", !word.hidden);
    if (!online) return;
    await this.restore();
    await this.drawer.load();
    this.element.dataset.ready = "yes";
  }

  #key(event) {
    if (event.altKey && !event.ctrlKey && /^Digit[1-9]$/.test(event.code)) {
      const person = world.state?.people.filter((one) => !one.deactivated)[Number(event.code.slice(5)) - 1];
      if (!person) return;
      event.preventDefault();
      this.become(this.first, person.id);
    } else if (event.ctrlKey && event.code === "Backquote") {
      event.preventDefault();
      this.drawer.toggle();
    } else if (event.key === "Escape" && !document.querySelector("dialog[open], .menu")) {
      if (this.element.dataset.panel === "chat" && matchMedia("(max-width: 760px)").matches) this.showList();
    }
  }
}

function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice lasts until the page is closed.
  }
}

new App();
