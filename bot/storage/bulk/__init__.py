"""All chats at once, in bounded memory: reading them for an export, storing those of one, and figures about them."""
