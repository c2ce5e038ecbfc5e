-- The process that has a message in memory, by the number of its own advisory lock; null where no process has it, and where
-- one process polls: then the one that leads has all. What a process that is gone had is read by the one that leads.
ALTER TABLE outbox ADD COLUMN holder integer;

CREATE INDEX outbox_holder ON outbox (bot_id) WHERE holder IS NOT NULL;
