"""Who has an account: how do people register, log in and leave, and what is written down about it?"""
