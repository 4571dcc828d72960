"""The event loop that conversations run on: uvloop where it is installed, else Python's own."""

from __future__ import annotations

import asyncio

try:
    import uvloop
except ImportError:  # it has no wheels for Windows
    uvloop = None  # type: ignore[assignment]


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop of the faster kind. For `asyncio.Runner(loop_factory=new_event_loop)`."""
    return asyncio.new_event_loop() if uvloop is None else uvloop.new_event_loop()
