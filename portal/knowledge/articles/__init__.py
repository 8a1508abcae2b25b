"""知识条目: drafts, review by another person, versions, what is public, and how often it is used (DESK 3.4)."""
