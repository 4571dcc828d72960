"""How do cards and pictures get in and out: read in threads, kept in the row and as objects, put together again?"""
