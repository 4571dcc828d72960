"""What happens to text before it is spoken or shown? Cleaned, cut into clauses, marked with styles, timed by the word."""
