"""What do practices and what they are made of look like from outside?"""
