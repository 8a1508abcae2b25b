"""How long data are kept, and how they are destroyed."""
