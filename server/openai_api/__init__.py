"""What does a client of OpenAI's REST API expect beside audio? Models, client secrets, calls."""
