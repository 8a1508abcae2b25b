"""What came in: drafts, filing, sealing, uploads."""
