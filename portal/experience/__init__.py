"""Measured experience: daily figures without personal data (UX 14)."""
