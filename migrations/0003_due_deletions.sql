-- Messages of the bot that are to be deleted at some time, such as greetings. A row goes when its message has gone.

CREATE TABLE due_deletions (
    chat_id       bigint NOT NULL,
    -- The one who sees an ephemeral message; 0 for an ordinary one, which everybody sees.
    receiver_id   bigint NOT NULL DEFAULT 0,
    message_id    bigint NOT NULL,
    due_at        timestamptz NOT NULL,
    -- While a process is at it, until then nobody else tries; a process that dies leaves the row to the next one.
    taken_until   timestamptz,
    PRIMARY KEY (chat_id, receiver_id, message_id)
);

CREATE INDEX due_deletions_due ON due_deletions (due_at);
