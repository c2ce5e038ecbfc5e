-- One row a chat, holding only what somebody chose; every change of it; and the old ids of groups that were upgraded.
--
-- Whatever must hold however a row is changed, by the bot or by hand in psql, is done by the triggers below: the revision
-- is raised, the change is recorded beside it, listening processes are told.

CREATE TABLE chat_configs (
    chat_id     bigint PRIMARY KEY,
    config      jsonb NOT NULL DEFAULT '{}',
    revision    bigint NOT NULL DEFAULT 1,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The latest change. It stands here beside config_changes so that the statement that makes it can also return it:
    -- PostgreSQL has RETURNING old only from 18 on.
    changed_by  bigint,
    via         text NOT NULL DEFAULT 'database',
    update_id   bigint,
    before      jsonb NOT NULL DEFAULT '{}',
    after       jsonb NOT NULL DEFAULT '{}',
    -- Set while the bot is not in the chat; the row is purged some time later.
    left_at     timestamptz,
    CONSTRAINT config_is_an_object CHECK (jsonb_typeof(config) = 'object'),
    CONSTRAINT config_fits CHECK (octet_length(config::text) <= 65536)
);

CREATE INDEX chat_configs_left ON chat_configs (left_at) WHERE left_at IS NOT NULL;

CREATE TABLE config_changes (
    chat_id     bigint NOT NULL REFERENCES chat_configs ON DELETE CASCADE,
    revision    bigint NOT NULL,
    changed_at  timestamptz NOT NULL,
    changed_by  bigint,
    via         text NOT NULL,
    -- The Telegram update that asked for the change: Telegram may deliver it a second time.
    update_id   bigint,
    -- The touched keys only; a key missing on one side was not chosen there.
    before      jsonb NOT NULL,
    after       jsonb NOT NULL,
    PRIMARY KEY (chat_id, revision)
);

CREATE UNIQUE INDEX config_changes_once ON config_changes (chat_id, update_id) WHERE update_id IS NOT NULL;

CREATE TABLE chat_aliases (
    old_chat_id bigint PRIMARY KEY,
    chat_id     bigint NOT NULL,
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT alias_of_another_chat CHECK (old_chat_id <> chat_id)
);

CREATE INDEX chat_aliases_chat ON chat_aliases (chat_id);

-- The part of a document that the other one does not hold.
CREATE FUNCTION config_difference(document jsonb, other jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}')
    FROM jsonb_each(document)
    WHERE other -> key IS DISTINCT FROM value
$$;

CREATE FUNCTION revise_chat_config() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.config = '{}' THEN
            NEW.revision := 0;
        END IF;
        NEW.before := '{}';
        NEW.after := NEW.config;
    ELSIF NEW.config <> OLD.config THEN
        -- The bot raises the revision itself; whoever does not is a person in psql.
        IF NEW.revision = OLD.revision THEN
            NEW.revision := OLD.revision + 1;
            NEW.updated_at := clock_timestamp();
            NEW.changed_by := NULL;
            NEW.via := 'database';
            NEW.update_id := NULL;
        END IF;
        NEW.before := config_difference(OLD.config, NEW.config);
        NEW.after := config_difference(NEW.config, OLD.config);
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER chat_configs_revise BEFORE INSERT OR UPDATE ON chat_configs
FOR EACH ROW EXECUTE FUNCTION revise_chat_config();

-- After the row, not before: only here OLD and NEW are right when two people make a chat's first change at once.
CREATE FUNCTION record_config_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- Whoever read the aliases just before this chat moved would write where nobody reads any more.
        IF EXISTS (SELECT FROM chat_aliases WHERE old_chat_id = NEW.chat_id) THEN
            RAISE EXCEPTION 'chat % has moved', NEW.chat_id USING ERRCODE = 'serialization_failure';
        END IF;
    ELSIF NEW.revision = OLD.revision THEN
        RETURN NULL;
    END IF;
    -- A move brings the history along instead of writing some.
    IF NEW.via <> 'move' AND NEW.before <> NEW.after AND (TG_OP = 'INSERT' OR NEW.config <> OLD.config) THEN
        INSERT INTO config_changes (chat_id, revision, changed_at, changed_by, via, update_id, before, after)
        VALUES (
            NEW.chat_id, NEW.revision, NEW.updated_at, NEW.changed_by, NEW.via, NEW.update_id, NEW.before, NEW.after
        );
    END IF;
    DELETE FROM config_changes WHERE chat_id = NEW.chat_id AND revision <= NEW.revision - 200;
    RETURN NULL;
END
$$;

CREATE TRIGGER chat_configs_record AFTER INSERT OR UPDATE ON chat_configs
FOR EACH ROW EXECUTE FUNCTION record_config_change();

-- Told to every process that listens: the chat's id and revision, and its old ids too, since both are asked for.
CREATE FUNCTION notify_chat_config() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    chat chat_configs := coalesce(NEW, OLD);
BEGIN
    PERFORM pg_notify('chat_configs', id || ' ' || chat.revision)
    FROM (
        SELECT chat.chat_id AS id
        UNION ALL
        SELECT old_chat_id FROM chat_aliases WHERE chat_aliases.chat_id = chat.chat_id
    ) AS ids;
    RETURN NULL;
END
$$;

CREATE TRIGGER chat_configs_notify AFTER INSERT OR UPDATE OR DELETE ON chat_configs
FOR EACH ROW EXECUTE FUNCTION notify_chat_config();
