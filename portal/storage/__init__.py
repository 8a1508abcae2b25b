"""Blob stores: ciphertext only, under opaque keys."""
