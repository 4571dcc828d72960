"""How does somebody take along what they said: one conversation, or all of them?"""
