"""What works right after installation? Voice and turn detection, recognition, voices."""
