"""Engineers' pages: queues and tickets."""
