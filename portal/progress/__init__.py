"""How a ticket moves: lifecycle, rounds of its clocks, whose it is, and who takes part from the rooms above."""
