"""Sub-tickets of other departments: asked for, answered, verified, and filed by both sides (DESK 2.3)."""
