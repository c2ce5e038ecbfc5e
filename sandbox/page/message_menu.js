// What somebody can do with one message.

import { avatar, h } from "./dom.js";
import { choose, confirmed, dialog, menu } from "./overlays.js";
import { excerpt } from "./services.js";
import { world } from "./world.js";

const FACES = ["👍", "❤️", "🔥", "😁", "🎉", "👎"];

/** The menu of a message, at an element or a point. */
export function messageMenu(pane, message, anchor) {
  const view = pane.view;
  if (!message || !view) return;
  const member = view.member;
  const admin = member?.status === "creator" || member?.status === "administrator";
  const mayDelete = message.mine || view.chat.type === "private" || member?.status === "creator" || (admin && member.rights.includes("can_delete_messages"));
  const pinned = view.pinned.includes(message.key);
  const text = message.text ?? message.caption;
  const plain = !message.service;
  menu([
    plain && !message.ephemeral && reactions(pane, message),
    plain && ["Reply", () => pane.composer.answer(message), { image: "reply" }],
    plain && message.mine && text !== undefined && ["Edit", () => pane.composer.edit(message), { image: "edit" }],
    text !== undefined && ["Copy text", () => pane.copy(text), { image: "file" }],
    plain && !message.ephemeral && [pinned ? "Unpin" : "Pin", () => pane.act(pinned ? "unpin" : "pin", { message: message.key }), { image: "pin" }],
    plain && !message.ephemeral && ["Forward…", () => forward(pane, message), { image: "send" }],
    ["Show as JSON", () => asJson(message), { image: "code" }],
    mayDelete && ["Delete", () => remove(pane, message), { image: "close", danger: true }],
  ], anchor);
}

function reactions(pane, message) {
  const put = (emoji) => () => {
    document.querySelector(".menu")?.remove();
    pane.act("react", { message: message.key, emoji });
  };
  return h("div", { class: "faces", role: "group", aria: { label: "React" } }, FACES.map((emoji) => h("button", { type: "button", role: "menuitem", on: { click: put(emoji) }, aria: { label: `React ${emoji}` } }, emoji)));
}

async function remove(pane, message) {
  if (await confirmed("Delete message", `Delete “${excerpt(message, 60)}” for everybody?`, "Delete", { danger: true })) {
    await pane.act("delete", { message: message.key });
  }
}

async function forward(pane, message) {
  const rows = world.chatsOf(pane.person).map((chat) => [chat.title, chat.id, chat.type, avatar(chat.id, chat.title)]);
  const chosen = await choose("Forward to…", rows);
  if (chosen === undefined) return;
  const to = chosen === pane.person ? {} : { to: chosen };
  if ((await pane.act("forward", { message: message.key, ...to })) !== undefined) await pane.open(chosen);
}

const asJson = (message) => dialog("Message", () => h("div", { class: "dialog-body" }, h("pre", { class: "json", tabindex: 0 }, JSON.stringify(message, null, 2))), { wide: true });
