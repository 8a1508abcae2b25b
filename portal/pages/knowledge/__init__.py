"""Known issues 已知问题, as leads edit them."""
