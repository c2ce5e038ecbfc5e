// The sandbox's control API: what the page asks, does, and hears.

const AWAY = "The sandbox does not answer. Start it again; this page comes back by itself.";

async function answered(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Error(AWAY);
  }
  let body;
  try {
    body = await response.json();
  } catch {
    throw new Error(`The sandbox answered ${response.status} without a reason.`);
  }
  if (body && body.ok === false) throw new Error(body.error || "The sandbox refused that.");
  return body && body.ok === true ? body.result : body;
}

const get = (path, query = {}) => answered(fetch(`${path}?${new URLSearchParams(query)}`, { cache: "no-store" }));

const post = (path, body) =>
  answered(fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

/** The private chat has the person's own id here; the control API wants it left out. */
const place = (person, chat) => (chat === undefined || chat === null || chat === person ? {} : { chat });

export const api = {
  state: () => get("/sandbox/state"),
  view: (person, chat) => get("/sandbox/view", { person, ...place(person, chat) }),
  calls: (after = 0) => get("/sandbox/calls", { after }),
  act: (person, chat, name, more = {}) => post("/sandbox/act", { person, ...place(person, chat), do: name, ...more }),
  fault: (name, more = {}) => post("/sandbox/faults", { set: name, ...more }),
  file: (id) => `/sandbox/file?${new URLSearchParams({ id })}`,
  upload(person, chat, file, more = {}) {
    const form = new FormData();
    for (const [key, value] of Object.entries({ person, ...place(person, chat), ...more })) {
      if (value !== undefined && value !== null && value !== "") form.append(key, String(value));
    }
    form.append("file", file, file.name || "file");
    return answered(fetch("/sandbox/upload", { method: "POST", body: form }));
  },
};

const KINDS = ["message", "edited", "deleted", "answer", "members", "chat", "action", "commands", "reaction", "call", "behind"];
const WAITS = [100, 300, 700, 1500, 2000];

/** Listen for as long as the page lives; after a loss, `opened` is called again and everything may have changed. */
export function listen({ opened, lost, heard }) {
  let failures = 0;
  const connect = () => {
    const source = new EventSource("/sandbox/events");
    source.onopen = () => {
      failures = 0;
      opened();
    };
    source.onerror = () => {
      source.close();
      lost(failures);
      setTimeout(connect, WAITS[Math.min(failures, WAITS.length - 1)]);
      failures += 1;
    };
    for (const kind of KINDS) source.addEventListener(kind, (event) => heard(kind, JSON.parse(event.data)));
  };
  connect();
}
