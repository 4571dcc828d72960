"""What do several engines need? Batches over sessions, child processes, clauses in parts."""
