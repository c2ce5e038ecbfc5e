"""The sandbox's own HTTP API: for the chat page, and for scripts."""
