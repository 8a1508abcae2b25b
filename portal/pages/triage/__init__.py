"""The engineer's queue, the ticket page and everything that is done on it."""
