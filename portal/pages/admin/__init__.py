"""People, roles and the state of the system."""
