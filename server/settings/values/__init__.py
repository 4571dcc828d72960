"""How is the value of a setting written, and what may it be: numbers with units, addresses, origins of web pages?"""
