"""What is done in the background, and how does it go on after a crash?"""
