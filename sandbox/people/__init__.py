"""People as tests play them: what they do in Telegram's app and what they see."""
