"""Who may see a sealed value or screenshot, and what is redacted for whom."""
