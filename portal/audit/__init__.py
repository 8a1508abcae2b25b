"""The trail: who did what, when, to which ticket and why. Insert-only and hash-chained."""
