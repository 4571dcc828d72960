"""How does a card of another system become a character's file, and a file that card again?"""
