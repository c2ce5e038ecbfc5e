"""Formatted text: entities, and the parsers of Telegram's parse modes."""
