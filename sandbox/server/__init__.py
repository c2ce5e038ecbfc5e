"""The Bot API over HTTP, on top of the world."""
