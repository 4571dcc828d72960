"""A lorebook as a source of what the model is shown."""

from __future__ import annotations

import asyncio
import threading

from pipeline.characters.book import Book, BookEntry
from pipeline.characters.lorebook import Matches, no_expressions
from pipeline.characters.macros import Filling
from pipeline.conversation.known import Asked
from pipeline.conversation.transcript import Item
from pipeline.prompt.lorebook import LorebookSource

BOOK = Book((BookEntry("{{char}} knows the dragon.", ("dragon",)),))
ASKED = Asked([Item("asked", text="Is there a dragon?")], "Is there a dragon?", "en", 100)


class Slow(Filling):
    """Fills a book in only once it may; tells that it has begun."""

    def __init__(self) -> None:
        super().__init__("Ann", "Bo")
        self.begun, self.may = threading.Event(), threading.Event()

    def of(self, text: str) -> str:
        self.begun.set()
        assert self.may.wait(10)
        return super().of(text)


def matching() -> Matches:
    return no_expressions


async def test_a_book_is_read_before_anything_is_asked_and_once_however_often_an_answer_could_not_wait() -> None:
    filling = Slow()
    source = LorebookSource(BOOK, filling, matching)
    assert await asyncio.to_thread(filling.begun.wait, 10)

    for _ in range(2):
        asking = asyncio.ensure_future(source(ASKED))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    filling.may.set()

    assert [known.text for known in await source(ASKED)] == ["Ann knows the dragon."]
