"""The report after a practice, part by part: at once what rules can say, then what a language model can, checked by code."""
