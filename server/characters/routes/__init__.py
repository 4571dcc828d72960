"""What do characters look like from outside: lists, edits, versions, what is shared, and how they sound?"""
