"""Who may talk now, and where? The conversations that go on, and the line before a full server."""
