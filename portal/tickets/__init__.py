"""Reports (what came in) and tickets (the work): kinds, filing, lifecycle, numbering, clocks, reveals."""
