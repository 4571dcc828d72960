"""The queue before a full server: whoever came first gets the next free place. Pure; the clock is passed in."""

from __future__ import annotations

from secrets import token_urlsafe

from pipeline.errors import LimitReached

EXPIRY_S = 30.0
"""A ticket that was not asked about for this many seconds is dropped: its client has left."""

LONGEST_QUEUE = 1_000


class TicketQueue:
    """Tickets in the order in which they were drawn, with when each last asked."""

    def __init__(self) -> None:
        self._asked: dict[str, float] = {}

    def ask(self, ticket: str, now: float) -> tuple[str, int]:
        """The ticket, a new one if it is not known, and how many are before it. Raises `LimitReached` if too many wait."""
        self._drop_expired(now)
        if ticket not in self._asked:
            if len(self._asked) >= LONGEST_QUEUE:
                raise LimitReached("Too many people are waiting; try again later.", code="line_full")
            ticket = token_urlsafe(9)
        self._asked[ticket] = now
        return ticket, list(self._asked).index(ticket)

    def may_enter(self, ticket: str, free: int, now: float) -> bool:
        """Whether the next free places reach to this ticket; an empty ticket comes after all that wait."""
        self._drop_expired(now)
        waiting = list(self._asked)
        before = waiting.index(ticket) if ticket in self._asked else len(waiting)
        return free > before

    def leave(self, ticket: str) -> None:
        """Remove the ticket: its client is beginning a session."""
        self._asked.pop(ticket, None)

    def _drop_expired(self, now: float) -> None:
        self._asked = {ticket: asked for ticket, asked in self._asked.items() if now - asked < EXPIRY_S}
