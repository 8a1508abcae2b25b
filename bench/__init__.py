"""The benchmark: the portal against a floor, both in the same run; only ratios are compared."""
