"""What goes on while a practice is talked: the next move for each answer, corrections, and what is kept of both."""
