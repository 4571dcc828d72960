"""What does a message of the realtime protocol mean, and how is one said?"""
