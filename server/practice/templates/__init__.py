"""Which roles and scenes are there to practise, and is a file of one right?"""
