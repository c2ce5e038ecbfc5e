"""A Telegram bot that keeps one configuration per chat in PostgreSQL and lives by it."""

__version__ = "0.1.0.dev0"
"""With `.dev0` until it is released; then what CHANGELOG.md calls the release."""
