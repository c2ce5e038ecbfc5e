// The first sight of the page says what to do, until it is closed. A cookie remembers that: the port changes from run
// to run, and with it what the browser would keep in its storage.

import { h, iconButton } from "./dom.js";
import { world } from "./world.js";

const COOKIE = "sandbox_hint_closed=yes";
const YEAR_SECONDS = 31_536_000;

/** Show the hint to who opened the page itself, not a certain place in it. */
export function showHint(element, app) {
  if (location.hash || document.cookie.includes(COOKIE)) return;
  const close = () => {
    element.hidden = true;
    document.cookie = `${COOKIE}; max-age=${YEAR_SECONDS}; path=/; samesite=strict`;
  };
  const write = async () => {
    const { first } = app;
    await app.open(first, first.chat ?? first.person, true);
    first.composer.insert(suggestion(first));
  };
  const command = h("button", { type: "button", class: "inline-link", on: { click: write } }, "/settings");
  element.append(
    h("header", {}, h("b", {}, "How to begin"), iconButton("close", "Close the hint", close)),
    h("ol", {},
      h("li", {}, "Open a chat and write ", command, " to the bot."),
      h("li", {}, "Pick another person to see what they see", h("span", { class: "on-wide" }, ", or see both side by side"), ".")),
  );
  const name = () => (command.textContent = suggestion(app.first));
  for (const kind of ["shown", "view"]) world.addEventListener(kind, name);
  element.hidden = false;
}

/** A command of this bot that is worth a try. */
function suggestion(pane) {
  const names = (pane.view?.commands ?? []).map((one) => one.command);
  return `/${names.includes("settings") || !names.length ? "settings" : names[0]}`;
}
