"""What goes on while a practice is talked: from the plan, the clock and what was said to the next move. Pure."""
