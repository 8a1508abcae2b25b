"""The pages of collaborations: a partner's only ones, and the same for staff."""
