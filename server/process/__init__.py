"""What does the server's process need of the system it runs on, and what is said where it does not get that?"""
