-- Updates whose handling says something in public, which must not be said again when Telegram delivers one twice: after a
-- crash, or to the next process. Telegram keeps an update for 24 hours; rows are kept for two days, ids may start anew.

CREATE TABLE handled_updates (
    update_id   bigint PRIMARY KEY,
    claimed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX handled_updates_claimed ON handled_updates (claimed_at);
