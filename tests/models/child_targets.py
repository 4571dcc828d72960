"""Engines that behave badly, for the tests of `models.support.child_process`."""

import os
import signal
import sys
import time
from collections.abc import Iterator

from pipeline.errors import EngineUnavailable


class Parrot:
    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.open = 0

    def say(self, text: str) -> str:
        return self.prefix + text

    def process(self) -> int:
        return os.getpid()

    def count(self, stop: int) -> Iterator[int]:
        self.open += 1
        try:
            yield from range(stop)
        finally:
            self.open -= 1

    def streams(self) -> int:
        return self.open

    def chatter(self, lines: int) -> str:
        for number in range(lines):
            print("to standard output", number)
            print("to standard error", number, file=sys.stderr)
        os.write(1, b"straight to descriptor 1\n")
        return "done"

    def reverse(self, data: bytes) -> bytes:
        return data[::-1]

    def fail(self) -> None:
        raise ValueError("a secret path")

    def refuse(self) -> None:
        raise EngineUnavailable("Install it first.", engine="parrot")

    def crash(self) -> None:
        print("oh no", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)

    def stall(self, started: str = "") -> None:
        """Say so through the named pipe `started`, then never answer."""
        if started:
            open(started, "wb").close()
        time.sleep(60)

    def hold(self, pipe: str) -> None:
        """Keep the named pipe open for as long as we live."""
        self.held = os.open(pipe, os.O_WRONLY)


def missing() -> None:
    raise EngineUnavailable("Install it first.", engine="parrot")
