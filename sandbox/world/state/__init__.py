"""State: users, chats, messages, files, the queue of updates."""
