"""Care of the whole store: backup, restore, dumps, key rotation."""
