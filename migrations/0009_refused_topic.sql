-- The topic in which Telegram let the bot not write when it last tried: it is closed, or deleted. Bots cannot ask for that.
ALTER TABLE chat_configs ADD COLUMN refused_topic bigint;
