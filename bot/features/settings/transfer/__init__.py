"""Taking settings along: as a file, into another chat, or as a card that people can read."""
