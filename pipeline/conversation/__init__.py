"""What do the parts of a conversation share? Settings, limits, transcript, what waits for the client, the journal."""
