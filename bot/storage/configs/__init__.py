"""The configurations of chats: repository, cache, history, moves."""
