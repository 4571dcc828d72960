"""What is asked in a practice: which questions, which steps, in which order?"""
