"""Sensitive values: sealing, keys, blind index and masks. The only package that imports `cryptography`."""
