"""How does a conversation get into the database while it goes on, without its ever waiting for that?"""
