"""Weekly metrics, without any person."""
