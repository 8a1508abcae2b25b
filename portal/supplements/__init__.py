"""What a clinic is asked for later, and how it comes in."""
