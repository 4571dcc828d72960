"""A real server and a line to it on which a test has accidents happen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.serving import PACED_S, serving

START_S = 60.0


class Line:
    """A line to the server that can be cut or go silent; it is there again at once."""

    def __init__(self) -> None:
        self.carries = True
        """Whether anything passes on new connections; old ones that were silenced stay silent."""
        self.address = ""
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._done: asyncio.Event
        self._writers: list[asyncio.StreamWriter] = []
        self._lost = 0

    def cut(self) -> None:
        """Every connection dies without a word."""
        self._loop.call_soon_threadsafe(self._abort)

    def silence(self, *, new: bool = False) -> None:
        """Nothing passes any more, and no end is told; on new connections neither, where `new`."""
        self._lost = len(self._writers)
        self.carries = not new

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    @contextmanager
    def running(self) -> Iterator[Line]:
        """The server and the line to it, in a thread of their own."""
        thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        thread.start()
        try:
            assert self._ready.wait(START_S)
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._done.set)
            thread.join()

    async def _serve(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        async with serving(engines="embedded", lead_s=PACED_S) as server:
            port = int(server.http.rpartition(":")[2])
            listener = await asyncio.start_server(lambda *near: self._connect(port, *near), "127.0.0.1", 0)
            async with listener:
                self.address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
                self._ready.set()
                await self._done.wait()
                self._abort()

    async def _connect(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        number = len(self._writers)
        self._writers += [writer, far_writer]

        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                while data := await reader.read(65536):
                    if self.carries and number >= self._lost:
                        writer.write(data)
                        await writer.drain()
            writer.close()

        await asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))
