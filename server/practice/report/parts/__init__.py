"""The parts of a report that need no language model: what can be counted, and what rules know. Pure."""
