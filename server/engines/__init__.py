"""Which engine has which role, how it was made, and what stands between it and the conversations?"""
