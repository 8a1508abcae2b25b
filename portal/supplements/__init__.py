"""What a clinic is asked for after filing, and how it is received."""
