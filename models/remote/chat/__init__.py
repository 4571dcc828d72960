"""How are language models asked, as people have them, and what do their servers answer?"""
