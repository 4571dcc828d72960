"""What of an answer was really said, how is it built, and what was made up beside it? Pure."""
