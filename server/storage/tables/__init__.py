"""What does the database hold: one file of tables for each domain, all in one `METADATA`?"""

from server.storage.tables import accounts, characters, conversations, files, memory, practice, requests
from server.storage.tables.columns import METADATA

__all__ = ["METADATA", "accounts", "characters", "conversations", "files", "memory", "practice", "requests"]
