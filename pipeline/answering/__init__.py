"""How is an answer made, paced, paused, interrupted, and counted as heard?"""
