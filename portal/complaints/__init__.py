"""投诉: cases with their own number, people and clocks; nobody complained of finds a trace of them (DESK 5.1 to 5.4)."""
