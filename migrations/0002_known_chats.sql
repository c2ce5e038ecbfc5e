-- Which chats a person may want to configure from the private chat: those in which they opened the settings. A hint for
-- their list only: whether they may still do anything there is asked of Telegram each time.

CREATE TABLE known_chats (
    user_id  bigint NOT NULL,
    chat_id  bigint NOT NULL,
    title    text NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_id, chat_id),
    CONSTRAINT title_fits CHECK (length(title) <= 255)
);

CREATE INDEX known_chats_chat ON known_chats (chat_id);
