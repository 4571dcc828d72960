"""How does a client of ours reach a server: directly, or through which proxy, and what is said where that fails?"""
