"""The parts of a report that a language model completes. What it says is checked by code; what does not hold is left out."""
