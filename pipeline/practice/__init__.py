"""What is practised, how does a practice go on, and what can be said of how somebody spoke? Pure."""
