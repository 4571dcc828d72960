"""How does somebody prove who they are: passwords, signed tokens, the cookie of the page, keys of programs?"""
