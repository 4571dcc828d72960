"""What is an engine, how is it found by its name, and what if it is slow or broken?"""
