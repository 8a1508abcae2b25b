"""Known issues 已知问题 and those who report 我也遇到."""
