"""Which words does somebody use: how many different ones, new ones, and of which level?"""
