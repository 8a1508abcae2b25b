"""Makes the README's pictures."""
