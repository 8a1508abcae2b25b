"""Filing for others (代客提报) and supplement links."""
