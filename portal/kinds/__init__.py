"""What each kind of report asks, and how it is checked."""
