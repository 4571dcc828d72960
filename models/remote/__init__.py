"""Which engines are a network away, and what do they share?"""
