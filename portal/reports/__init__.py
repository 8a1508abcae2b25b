"""Reports: drafts, filing, sealing, uploads."""
