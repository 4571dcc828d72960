"""Uploaded files → sound on one line of time, and the places of it that could not be read."""
