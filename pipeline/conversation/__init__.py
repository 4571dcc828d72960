"""What was said, what was heard of it, and who is told?"""
