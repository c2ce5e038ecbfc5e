-- What is to be sent and has to wait, and what must not be said twice. The process that leads keeps it in memory, too; rows
-- are read when a process takes the lead and, for deletions, when they are due. No process takes single rows from another.

CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    bot_id       bigint NOT NULL,
    chat_id      bigint NOT NULL,
    -- The one person who sees it, 0 for everybody in the chat.
    receiver_id  bigint NOT NULL DEFAULT 0,
    -- u<update>.<n> for an answer, edit:… and delete:… for what is done to a message, announce:<revision>.
    key          text NOT NULL,
    seq          bigint NOT NULL,
    kind         text NOT NULL,
    update_id    bigint,
    -- Calls of the Bot API as [name, parameters]: alternatives, tried in order.
    calls        jsonb NOT NULL,
    -- The message is deleted so many seconds after it was sent; 0 keeps it.
    delete_after double precision NOT NULL DEFAULT 0,
    by_admin     boolean NOT NULL DEFAULT false,
    -- waiting, or claimed: an attempt was begun that must not be repeated after a crash.
    state        text NOT NULL DEFAULT 'waiting',
    -- Raised when a newer edit or time replaces what is stored: an older copy must not delete the row.
    version      integer NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at       timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (chat_id, bot_id, receiver_id, key),
    CONSTRAINT outbox_state CHECK (state IN ('waiting', 'claimed')),
    CONSTRAINT outbox_call_fits CHECK (octet_length(calls::text) <= 65536)
);

CREATE INDEX outbox_due ON outbox (bot_id, kind, due_at) WHERE state = 'waiting';
CREATE INDEX outbox_expired ON outbox (expires_at);
CREATE INDEX outbox_receiver ON outbox (receiver_id) WHERE receiver_id <> 0;

-- Updates that were confirmed before they were handled, so that they do not hold up everybody else's: what waits behind
-- somebody's share, and what a handler could not do within its deadline.
CREATE TABLE stored_updates (
    bot_id       bigint NOT NULL,
    update_id    bigint NOT NULL,
    chat_id      bigint,
    user_id      bigint,
    body         jsonb NOT NULL,
    tries        integer NOT NULL DEFAULT 0,
    stored_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (bot_id, update_id)
);

CREATE INDEX stored_updates_chat ON stored_updates (chat_id);
CREATE INDEX stored_updates_user ON stored_updates (user_id);

-- What was to be deleted later. The bot's id was not kept before: the first bot that takes the lead adopts what has the id 0.
INSERT INTO outbox (bot_id, chat_id, receiver_id, key, seq, kind, calls, due_at, expires_at)
SELECT 0, chat_id, receiver_id, 'delete:' || message_id, message_id, 'deletion',
    jsonb_build_array(
        CASE WHEN receiver_id = 0
            THEN jsonb_build_array('deleteMessage', jsonb_build_object('message_id', message_id))
            ELSE jsonb_build_array('deleteEphemeralMessage', jsonb_build_object(
                'ephemeral_message_id', message_id, 'receiver_user_id', receiver_id))
        END
    ),
    due_at, due_at + interval '7 days'
FROM due_deletions;

DROP TABLE due_deletions;
-- Its rows mattered only while an update could be delivered again, and a process that stops confirms what it handled.
DROP TABLE handled_updates;
