"""Who may look at a sealed value or picture, and what is hidden from whom."""
