"""Who keeps which institution, and whom to reach there."""
