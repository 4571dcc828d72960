"""Who is there to talk to? Characters, read from files and checked, and shown to pages and clients."""
