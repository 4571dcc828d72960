"""Which conversations are kept, how are they found again, gone on with, taken away and removed?"""
