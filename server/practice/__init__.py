"""Practices: how they are chosen and kept, what goes on while one is talked, and the report after it."""
