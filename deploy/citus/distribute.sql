-- Distributes the tables of the bot over the machines of a Citus cluster (https://docs.citusdata.com), each row on the
-- machine of its chat. The bot does not run on them yet: "Several database machines" in docs/operating.md says what its
-- code lacks. No migration: run once, by hand, on the coordinator, after python -m bot migrate, while the bot is stopped.
--
--     psql -v ON_ERROR_STOP=1 -f deploy/citus/distribute.sql "$DATABASE_URL"

-- The triggers write only to what belongs to the chat of their row, which lies on the same machine.
SELECT run_command_on_workers('ALTER SYSTEM SET citus.enable_unsafe_triggers = on');
SELECT run_command_on_workers('SELECT pg_reload_conf()');

BEGIN;

SET LOCAL citus.enable_unsafe_triggers = on;

-- Functions of triggers follow their tables; this one is also called by queries.
SELECT create_distributed_function('config_difference(jsonb, jsonb)');

-- Few rows, looked up by every query that is given the id of a chat: a copy on each machine.
SELECT create_reference_table('chat_aliases');

-- Between tables that are distributed already a foreign key is possible again.
ALTER TABLE config_changes DROP CONSTRAINT config_changes_chat_id_fkey;
SELECT create_distributed_table('chat_configs', 'chat_id');
SELECT create_distributed_table('config_changes', 'chat_id', colocate_with := 'chat_configs');
ALTER TABLE config_changes ADD CONSTRAINT config_changes_chat_id_fkey
    FOREIGN KEY (chat_id) REFERENCES chat_configs (chat_id) ON DELETE CASCADE;

-- A person's list is read by the person; the id of a person is the id of the private chat with them.
SELECT create_distributed_table('known_chats', 'user_id', colocate_with := 'chat_configs');

-- What is unique within a table has to hold the chat, and an identity column cannot be distributed in a transaction.
ALTER TABLE outbox DROP CONSTRAINT outbox_id_key;
CREATE INDEX outbox_by_id ON outbox (id);
ALTER TABLE outbox ALTER COLUMN id DROP IDENTITY;
CREATE SEQUENCE outbox_ids;
SELECT setval('outbox_ids', coalesce(max(id), 1)) FROM outbox;
ALTER TABLE outbox ALTER COLUMN id SET DEFAULT nextval('outbox_ids');
SELECT create_distributed_table('outbox', 'chat_id', colocate_with := 'chat_configs');

-- stored_updates and schema_migrations stay on the coordinator: the first holds what one process has in hand and may have
-- no chat, the other a handful of rows.

COMMIT;
