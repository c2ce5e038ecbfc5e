"""The way out: the outbox, rate limits, retries, the session."""
