"""Maintenance of all stored data: backup, restore, dumps, key rotation."""
