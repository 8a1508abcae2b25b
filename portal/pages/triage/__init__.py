"""The engineer's queue, the ticket page and all acts on it."""
