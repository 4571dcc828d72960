"""What do accounts look like from outside: the endpoints of `/api/account`, and those of operators?"""
