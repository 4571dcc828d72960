"""How does the sound of both sides become one file while it is still being made?"""
