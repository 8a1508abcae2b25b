"""投诉: cases with their own number, people and clocks; no trace of them for who is complained of (DESK 5.1 to 5.4)."""
