"""Call-backs: who is called after the work, by whom and until when, and what they said (DESK 4.3)."""
