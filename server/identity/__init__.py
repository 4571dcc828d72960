"""Who is asking, and may they? Keys, client secrets, the origins of web pages."""
