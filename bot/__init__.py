"""A Telegram bot that keeps one configuration per chat in PostgreSQL and lives by it."""
