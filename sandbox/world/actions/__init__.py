"""Telegram's rules as functions: each takes the world and changes it, or refuses."""
