"""Notifications: an outbox row is written with the change, a worker delivers it later."""
