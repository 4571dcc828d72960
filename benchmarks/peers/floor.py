"""No framework at all: a socket, voice detection, a fixed pause of 0.2 s and an answer after the engines' delays.

Nothing that takes turns can cost less. `python -m benchmarks.peers.floor PORT`.
"""

from __future__ import annotations

import asyncio
import sys

import numpy as np
import websockets

from models.embedded import silero

RATE, WINDOW_BYTES = 24_000, 1024
SPEECH, SILENT_WINDOWS = 0.5, 7
"""Seven windows of 32 ms."""

DELAY_S = 0.03 + 0.05 + 12 / 50 + 0.05
"""Final text, first token, the twelve words of a clause at 50 words a second, first audio."""

CHUNK_S, CHUNKS = 0.04, 81
TONE = (0.3 * 32767 * np.sin(2 * np.pi * 330 / RATE * np.arange(RATE * CHUNK_S))).astype(np.int16).tobytes()


async def answer(socket: websockets.ServerConnection) -> None:
    """Speak for about three seconds."""
    await asyncio.sleep(DELAY_S)
    for _ in range(CHUNKS):
        await socket.send(TONE)
        await asyncio.sleep(CHUNK_S)


async def serve(port: int) -> None:
    """Until the process is told to stop."""
    detector = silero.create({})

    async def converse(socket: websockets.ServerConnection) -> None:
        stream, waiting, silent = detector.open(), b"", SILENT_WINDOWS
        async with asyncio.TaskGroup() as answers:
            async for message in socket:
                waiting += message if isinstance(message, bytes) else b""
                while len(waiting) >= WINDOW_BYTES:
                    window, waiting = np.frombuffer(waiting[:WINDOW_BYTES], np.int16), waiting[WINDOW_BYTES:]
                    silent = 0 if stream.probability(window) > SPEECH else silent + 1
                    if silent == SILENT_WINDOWS:
                        answers.create_task(answer(socket))

    async with websockets.serve(converse, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
