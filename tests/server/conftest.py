"""One server with stub engines for all tests of a module that do not need their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.serving import Serving, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Serving]:
    async with serving() as running:
        yield running
