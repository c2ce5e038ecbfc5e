-- Whether a change was made in the name of the group, so that nobody is told who made it.
--
-- A release that does not know the column of chat_configs leaves a number there that is not that of its own change.
ALTER TABLE chat_configs ADD COLUMN anonymous_revision bigint;
ALTER TABLE config_changes ADD COLUMN anonymous boolean NOT NULL DEFAULT false;

CREATE OR REPLACE FUNCTION record_config_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
        INSERT INTO config_changes (
            chat_id, revision, changed_at, changed_by, via, update_id, before, after, anonymous
        )
        VALUES (
            NEW.chat_id, NEW.revision, NEW.updated_at, NEW.changed_by, NEW.via, NEW.update_id, NEW.before, NEW.after,
            NEW.anonymous_revision IS NOT DISTINCT FROM NEW.revision
        );
    END IF;
    DELETE FROM config_changes WHERE chat_id = NEW.chat_id AND revision <= NEW.revision - 200;
    RETURN NULL;
END
$$;
