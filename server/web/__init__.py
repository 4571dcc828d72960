"""What does a browser get: the page, the headers around it, and what pages of other origins may read?"""
