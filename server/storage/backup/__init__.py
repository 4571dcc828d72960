"""How is all that is kept copied into one file while it is in use, and put back as a whole?"""
