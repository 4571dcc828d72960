"""What of a model's text is said, what is thought, and which calls are written in it? Pure."""
