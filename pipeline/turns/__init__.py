"""Whose turn is it? The end of a turn, what a voice over the answer means, and the turn machine that decides. Pure."""
