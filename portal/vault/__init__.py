"""Sensitive values: sealing, keys, blind index and masks; the only importer of `cryptography`."""
