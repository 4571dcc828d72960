"""How is a text said: what numbers, dates, money, units and signs are in words, in each language?"""
