"""Who may talk now, and where? The conversations that go on, and the queue before a full server."""
