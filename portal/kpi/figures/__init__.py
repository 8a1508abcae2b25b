"""The figures of a period: one place says what each one counts (DESK 6.3). Board, reports and lists read it."""
