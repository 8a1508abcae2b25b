"""Known issues: what leads tell clinics before they file, and the short reports of those who have the same."""
