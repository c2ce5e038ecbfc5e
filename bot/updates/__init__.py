"""The life of an update: fetched, queued by chat, routed, handled, confirmed."""
