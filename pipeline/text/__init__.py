"""What happens to text on its way through a conversation?"""
