"""A practice as the connection of a talk knows it; what it is made of is the practices' own affair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pipeline.conversation.known import Asked, Known
from pipeline.practice.practice import Practice


class Practising(Protocol):
    """The practice of one talk, if there is one."""

    @property
    def practice(self) -> Practice | None:
        """What is practised now."""
        ...

    async def take(self, practice_id: str | None) -> None:
        """Practise this from now on; None: nothing. Raises `NotFound` and `Conflict`, which change nothing."""
        ...

    def opening(self) -> str:
        """What the character begins with; what it asked last where the practice was begun already."""
        ...

    async def known(self, asked: Asked) -> Sequence[Known]:
        """What the character does next; it is a `Source`."""
        ...
