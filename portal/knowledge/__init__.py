"""Known issues 已知问题 and the short reports 我也遇到."""
