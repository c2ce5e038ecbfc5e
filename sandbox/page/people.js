// Who I am: the people of the sandbox, and making one.

import { api } from "./api.js";
import { arrows, avatar, fill, h, icon } from "./dom.js";
import { attempt, form } from "./overlays.js";
import { world } from "./world.js";

/** Draw the people; the chosen one is pressed. */
export function drawPeople(element, app) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  const people = world.state?.people.filter((one) => !one.deactivated) ?? [];
  fill(element, people.map((one, index) => face(one, app, index)), h("button", { type: "button", class: "person new", data: { id: "new" }, title: "New person", on: { click: () => newPerson(app) } }, h("span", { class: "avatar add" }, icon("add")), h("span", {}, "New")));
  if (focused) element.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  if (!element.dataset.arrows) {
    element.dataset.arrows = "yes";
    arrows(element, ".person");
  }
}

function face(person, app, index) {
  const mine = app.first.person === person.id;
  const fresh = world.news.has(person.id);
  const label = [person.first_name, person.language_code && `language ${person.language_code}`, fresh && "has something new"].filter(Boolean).join(", ");
  const hint = `${person.first_name}${person.username ? ` (@${person.username})` : ""}, ${person.language_code ?? "no language"}${index < 9 ? ` · Alt+${index + 1}` : ""}`;
  return h("button", { type: "button", class: "person", role: "radio", data: { id: person.id }, title: hint, tabindex: mine ? 0 : -1, aria: { checked: mine, label }, on: { click: () => app.become(app.first, person.id) } },
    avatar(person.id, person.first_name), fresh && h("span", { class: "dot" }), h("span", {}, person.first_name), h("small", {}, person.language_code ?? ""));
}

/** The same people as entries of a menu. */
export function personEntries(chosen, become) {
  return world.state.people.filter((one) => !one.deactivated).map((one) => [one.first_name, () => become(one.id), { image: avatar(one.id, one.first_name), on: one.id === chosen }]);
}

async function newPerson(app) {
  const fields = [
    { name: "name", label: "First name", required: true, most: 64 },
    { name: "username", label: "Username", most: 32, placeholder: "none", hint: "Without @; may stay empty" },
    { name: "language", label: "Language of the app", value: "en", most: 8, hint: "en, de, pt-br …" },
  ];
  const given = await form("New person", fields, "Create");
  if (!given) return;
  const made = await attempt(() => api.act(0, 0, "new_person", given));
  if (!made) return;
  await world.reload();
  await app.become(app.first, made.id);
}
