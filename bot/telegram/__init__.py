"""What the features share and what speaks aiogram: access, replies, editors, the life of an update."""
