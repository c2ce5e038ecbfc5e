"""The way out: sessions, retries, rate limits."""
