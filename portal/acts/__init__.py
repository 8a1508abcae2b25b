"""What staff do with a ticket: one act per file, all of them in one table."""
