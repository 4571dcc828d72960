"""What did people upload: how it comes in, whole or in parts, what it is, how much of it each may have?"""
