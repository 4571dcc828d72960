"""Which weights are there, and how do they get onto this machine?"""
