"""What is a file, by what is in it?"""
