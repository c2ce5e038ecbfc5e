"""Updates that this process asks Telegram for, while it leads."""
