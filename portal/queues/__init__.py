"""Tickets in lists: filters, order and pages, counts by queue, and whose rows of the trail follow a queue."""
