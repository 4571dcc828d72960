"""Progress over practices, and what somebody wants to reach."""
