"""Known issues 已知问题, as leads keep them."""
