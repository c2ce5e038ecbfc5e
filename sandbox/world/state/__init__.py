"""What there is: users, chats, messages, files, the queue of updates."""
