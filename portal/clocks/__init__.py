"""Service clocks: due times, pauses, badges."""
