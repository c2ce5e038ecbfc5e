// What the page knows of the sandbox: people and chats, what somebody sees in a chat, what is unread.

import { api, listen } from "./api.js";

const KEPT = "sandbox-read";
const MOST_PEOPLE = 8;

class World extends EventTarget {
  state = null;
  online = false;
  watched = new Set();
  news = new Set();
  #views = new Map();
  #loading = new Map();
  #read = remembered();
  #reloading = null;

  get bot() {
    return this.state?.bot ?? null;
  }

  start() {
    listen({
      opened: () => this.#opened(),
      lost: (failures) => this.#lost(failures),
      heard: (kind, event) => this.#heard(kind, event),
    });
  }

  tell(kind, detail = {}) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  person(id) {
    return this.state?.people.find((one) => one.id === id) ?? null;
  }

  chat(id) {
    return this.state?.chats.find((one) => one.id === id) ?? null;
  }

  user(id) {
    return id === this.bot?.id ? this.bot : this.person(id);
  }

  member(chat, person) {
    return this.chat(chat)?.members.find((one) => one.id === person) ?? null;
  }

  isIn(chat, person) {
    return chat === person || this.member(chat, person)?.present === true;
  }

  view(person, chat) {
    return this.#views.get(`${person}:${chat}`) ?? null;
  }

  /** Ask again for people, chats and switches; calls that come meanwhile share one more request. */
  async reload() {
    if (this.#reloading) {
      this.#reloading.again = true;
      return this.#reloading.promise;
    }
    const turn = (this.#reloading = { again: false });
    turn.promise = (async () => {
      do {
        turn.again = false;
        this.state = await api.state();
      } while (turn.again);
    })().finally(() => (this.#reloading = null));
    await turn.promise;
    this.tell("state");
    return undefined;
  }

  /** Ask again for one chat as one person sees it; the same sharing. */
  async refresh(person, chat) {
    const key = `${person}:${chat}`;
    const running = this.#loading.get(key);
    if (running) {
      running.again = true;
      return running.promise;
    }
    const turn = { again: false };
    turn.promise = (async () => {
      do {
        turn.again = false;
        this.#views.set(key, await api.view(person, chat));
      } while (turn.again);
    })().finally(() => this.#loading.delete(key));
    this.#loading.set(key, turn);
    await turn.promise;
    this.tell("view", { person, chat });
    return undefined;
  }

  /** Follow exactly these people: their lists of chats are kept up to date. */
  async watch(people) {
    const fresh = people.filter((id) => !this.watched.has(id));
    this.watched = new Set(people);
    for (const id of people) this.news.delete(id);
    await Promise.all(fresh.flatMap((id) => this.chatsOf(id).map((chat) => this.refresh(id, chat.id))));
  }

  /** The chats a person is in, the newest first. */
  chatsOf(person) {
    const own = this.person(person);
    if (!own) return [];
    const direct = { id: person, type: "private", title: this.bot.first_name, username: this.bot.username };
    const groups = this.state.chats.filter((chat) => this.isIn(chat.id, person));
    return [direct, ...groups].map((chat) => ({ ...chat, ...this.#summary(person, chat.id) })).sort((a, b) => b.at - a.at);
  }

  /** Groups and channels that exist and that the person is not in. */
  others(person) {
    return this.state.chats.filter((chat) => !this.isIn(chat.id, person));
  }

  #summary(person, chat) {
    const messages = this.view(person, chat)?.messages ?? [];
    const last = messages.at(-1) ?? null;
    return { last, at: last?.key ?? 0, unread: this.unread(person, chat).length };
  }

  /** Messages of others that the person has not had on the screen. */
  unread(person, chat) {
    const messages = this.view(person, chat)?.messages ?? [];
    const until = Math.max(this.#read[`${person}:${chat}`] ?? 0, this.#read.from ?? 0);
    return messages.filter((message) => message.key > until && !message.mine && !message.service);
  }

  markRead(person, chat) {
    const newest = this.view(person, chat)?.messages.at(-1)?.key ?? 0;
    if ((this.#read[`${person}:${chat}`] ?? 0) === newest) return;
    this.#read[`${person}:${chat}`] = newest;
    remember(this.#read);
    this.tell("read");
  }

  async #opened() {
    try {
      await this.reload();
      await this.#everything();
      this.online = true;
      this.tell("connection", { online: true });
    } catch {
      this.#lost(0);
    }
  }

  /** What everybody sees, as far as there are not too many; views from before are forgotten. */
  async #everything() {
    const people = this.state.people.map((one) => one.id);
    const looked = [...new Set([...this.watched, ...people.slice(0, MOST_PEOPLE)])];
    const wanted = looked.flatMap((id) => this.chatsOf(id).map((chat) => [id, chat.id]));
    await Promise.all(wanted.map(([id, chat]) => this.refresh(id, chat)));
    const keys = new Set(wanted.map(([id, chat]) => `${id}:${chat}`));
    for (const key of this.#views.keys()) if (!keys.has(key)) this.#views.delete(key);
    this.#sameWorld();
  }

  /** What was there before the page is read; keys count through the world, so smaller ones mean a new world. */
  #sameWorld() {
    const newest = Math.max(0, ...[...this.#views.values()].map((view) => view.messages.at(-1)?.key ?? 0));
    const highest = Math.max(0, ...Object.values(this.#read));
    if (this.#read.from !== undefined && newest >= highest) return;
    this.#read = { from: newest };
    remember(this.#read);
  }

  #lost(failures) {
    this.online = false;
    this.tell("connection", { online: false, failures });
  }

  #heard(kind, event) {
    if (kind === "call") this.tell("call", event);
    else if (kind === "behind") this.#opened();
    else if (kind === "answer" || kind === "action") this.tell(kind, event);
    else this.#changed(kind, event).catch(() => this.#lost(0));
  }

  async #changed(kind, event) {
    if (kind === "members" || kind === "chat") await this.reload();
    for (const person of this.state?.people ?? []) {
      if (event.only !== null ? event.only !== person.id : !this.isIn(event.chat, person.id)) continue;
      if (this.watched.has(person.id)) this.refresh(person.id, event.chat).catch(() => {});
      else if (kind === "message") this.news.add(person.id);
    }
    if (kind === "members") this.#gone(event.chat);
    if (kind === "message") this.tell("news");
  }

  /** Who left keeps no stale view of the chat. */
  #gone(chat) {
    for (const person of this.watched) if (!this.isIn(chat, person)) this.refresh(person, chat).catch(() => {});
  }
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

function remember(read) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(read));
  } catch {
    // Without storage the counters start anew with the page.
  }
}

export const world = new World();
