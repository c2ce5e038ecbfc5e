"""Updates that Telegram delivers by webhook, to any number of processes."""
