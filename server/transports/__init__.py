"""How do messages get from a client to its session, and back?"""
