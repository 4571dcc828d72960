"""The threads in which engines of sherpa-onnx decode, as tests count them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import perf_counter


def decoding_threads() -> int:
    return sum(thread.name.startswith("sherpa") for thread in threading.enumerate())


def soon(true: Callable[[], bool]) -> bool:
    """Whether it becomes true within twenty seconds."""
    deadline, pause = perf_counter() + 20, threading.Event()
    while not true() and perf_counter() < deadline:
        pause.wait(0.01)
    return true()
