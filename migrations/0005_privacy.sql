-- What refers to a person is found without reading the histories of all chats. Revisions by nobody on record (null) and
-- by former admins (0) are never looked for.
CREATE INDEX config_changes_by ON config_changes (changed_by, chat_id) WHERE changed_by > 0;
