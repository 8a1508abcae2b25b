"""The tables of the books (DESK 6.2): their rows, masked, and the files they are handed out as."""
