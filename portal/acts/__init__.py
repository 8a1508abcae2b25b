"""What staff do with a ticket, one act a file, all in one table."""
