"""What happens by Telegram's rules: each function takes the world and changes it, or refuses."""
