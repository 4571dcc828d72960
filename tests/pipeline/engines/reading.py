"""What tests of worker threads and of reading ahead do with iterators and tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")

LONG_S = 10.0
"""How long a test waits for another thread before it has failed."""


async def collect(items: AsyncGenerator[T, None], into: list[T]) -> None:
    async with aclosing(items):
        async for item in items:
            into.append(item)


async def quiet() -> None:
    """Let every task go as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def cancelled(task: asyncio.Task[object]) -> bool:
    """Cancel a task; whether that is how it ended."""
    task.cancel()
    await asyncio.wait({task}, timeout=LONG_S)
    return task.cancelled()


async def cancelled_elsewhere() -> AsyncGenerator[int, None]:
    """Waits for what somebody else cancelled, such as the reader of a connection."""
    yield 1
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future
