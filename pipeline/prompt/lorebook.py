"""A character's lorebook as a source of what the model is shown beside what was said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pipeline.characters.book import Book
from pipeline.characters.filled import filled_book
from pipeline.characters.lorebook import Lorebook, Matches, ScannedMessage
from pipeline.characters.macros import Filling
from pipeline.conversation.known import Asked, Known


class LorebookSource:
    """Read and asked in threads: a book may have thousands of entries, and expressions that take all the time they may.

    It is read at once, since the first answer may not wait as long as that takes.
    """

    def __init__(self, book: Book, filling: Filling, matching: Callable[[], Matches]) -> None:
        """filling: what the book's macros stand for. matching: makes what matches the regular expressions of one
        search, bounded in time.
        """
        self.book, self._matching = book, matching
        self._read = asyncio.get_running_loop().run_in_executor(None, _read, book, filling)

    async def __call__(self, asked: Asked) -> Sequence[Known]:
        messages = [
            ScannedMessage(item.text, item.role == "assistant")
            for item in asked.items
            if item.type == "message" and item.role in ("user", "assistant") and item.text.strip()
        ]
        read = await asyncio.shield(self._read)
        hits = await asyncio.to_thread(read.found, messages, asked.tokens, self._matching())
        return [Known(hit.text, "lorebook", hit.id, hit.label) for hit in hits]


def _read(book: Book, filling: Filling) -> Lorebook:
    return Lorebook(filled_book(book, filling))
