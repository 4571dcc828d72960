"""What is sound here? Samples, their times and levels, and their way from one rate to another."""
