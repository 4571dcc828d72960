"""What did the person say, when, and was it the person? From microphone samples to turns and their words."""
