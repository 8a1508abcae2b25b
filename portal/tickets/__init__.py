"""The core: the ticket and its rows, states, numbers, and how one is found and locked."""
