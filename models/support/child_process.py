"""An engine in a process of its own, for code that holds the interpreter lock, may crash, or suffers only one thread.

    child = Child("models.loud:Loud", args=("en",), name="loud")      # nothing is started yet
    child.call("length", "hello", timeout_s=1.0)                      # -> what Loud("en").length("hello") returns
    for piece in child.stream("speak", "hello", timeout_s=1.0): ...   # -> what the generator Loud.speak yields
    child.close()

The target is a factory: called in the child with `args`, it returns the object whose methods are called. Theory of
operation: one request, one reply, over two pipes; a lock is held for one such exchange only. A stream is pulled, one
exchange for each value, so it is in step at all times, needs no buffer, and several may be open side by side: their
generators take turns, and what one does until its next `yield` is not disturbed. Abandoning a stream costs nothing; its
generator is closed in the child before the next request is looked at. Frames are a length and a pickle.
"""

from __future__ import annotations

import importlib
import itertools
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import IO, Any, BinaryIO, TypeAlias, cast

from pipeline.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable, KaikouError

ROOT = Path(__file__).resolve().parents[2]
LENGTH = struct.Struct("<Q")
PIECE = 65_536
"""Bytes read at once: what a pipe holds."""
STDERR_KEPT = 2000
TRACE_DEPTH = 20
END_S = 1.0
"""How long a child may take to end after SIGTERM before it is killed."""

VALUE, END, ERROR = "value", "end", "error"
Request: TypeAlias = tuple[str, tuple[Any, ...] | None, int | None]
"""Method, arguments (None: go on), and the stream's key (None: not a stream)."""


class Child:
    """A process that answers method calls; started at its first use and again at the first use after a crash.

    Thread-safe. Errors: `EngineTimeout` when a reply is late (the process is killed, since nobody knows its state),
    `EngineBusy` when other threads' calls took the whole time, `EngineUnavailable` when it cannot start, `EngineError`
    when it crashed or is closed or when its method raised; a `KaikouError` raised in the child arrives as it is. What
    the child last wrote to its standard error is attached as a note, for logs.
    """

    def __init__(self, target: str, *, args: tuple[Any, ...] = (), name: str, start_timeout_s: float = 20.0) -> None:
        self.name = name
        self._target = target
        self._args = args
        self._start_timeout_s = start_timeout_s
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._closed = False
        self._keys = itertools.count()
        self._abandoned: deque[int] = deque()

    def start(self) -> None:
        """Start the process now, unless it runs, and wait until its engine is made."""
        with self._lock:
            self._running()

    def call(self, method: str, *args: Any, timeout_s: float) -> Any:
        """What `method(*args)` returns in the child. Starting the child, if need be, is not part of `timeout_s`."""
        return self._exchange((method, args, None), timeout_s)[1]

    def stream(self, method: str, *args: Any, timeout_s: float) -> Iterator[Any]:
        """What the iterator `method(*args)` yields in the child; each value is made, when asked for, in `timeout_s`."""
        key = next(self._keys)
        try:
            kind, value = self._exchange((method, args, key), timeout_s)
            while kind != END:
                yield value
                kind, value = self._exchange((method, None, key), timeout_s)
        finally:
            # Told with the next request: asking now could wait for another thread, or deadlock in a finalizer.
            self._abandoned.append(key)

    def close(self) -> None:
        """End the process and every call in flight, within `END_S` and a little. Idempotent; final."""
        self._closed = True
        if process := self._process:
            process.end()
        with self._lock:
            self._discard()

    def _exchange(self, request: Request, timeout_s: float) -> tuple[str, Any]:
        deadline = monotonic() + timeout_s
        if not self._lock.acquire(timeout=max(0.0, timeout_s)):
            raise EngineBusy(f"{self.name} is busy.", engine=self.name)
        try:
            process = self._process
            if process is None or not process.alive():
                process = self._running()
                deadline = monotonic() + timeout_s
            abandoned = [self._abandoned.popleft() for _ in range(len(self._abandoned))]
            kind, value = self._ask(process, (abandoned, request), deadline)
        finally:
            self._lock.release()
        if kind == ERROR:
            raise value
        return kind, value

    def _running(self) -> _Process:
        """The live process, made if need be. The lock is held."""
        if self._process and self._process.alive():
            return self._process
        self._discard()
        if self._closed:
            raise EngineError(f"{self.name} is closed.", engine=self.name)
        self._abandoned.clear()
        try:
            self._process = process = _Process()
        except OSError as error:
            raise EngineUnavailable(
                f"{self.name} could not start a process: {error.strerror}.", engine=self.name
            ) from error
        if self._closed:  # `close` may have looked just before the process was there
            process.end()
        kind, value = self._ask(process, (self._target, self._args, self.name), monotonic() + self._start_timeout_s)
        if kind == ERROR:
            self._discard()
            raise value
        return process

    def _ask(self, process: _Process, message: Any, deadline: float) -> tuple[str, Any]:
        try:
            process.send(message, deadline)
            kind, value = process.receive(deadline)
        except TimeoutError as error:
            self._discard()
            raise EngineTimeout(f"{self.name} did not answer in time.", engine=self.name) from error
        except (EOFError, OSError) as error:
            code = self._discard()
            how = "is closed" if self._closed else f"stopped unexpectedly ({_cause(code)})"
            failure = EngineError(f"{self.name} {how}.", engine=self.name)
            failure.add_note(process.last_words())
            raise failure from error
        except BaseException:  # interrupted half-way through a frame: the pipes are out of step
            self._discard()
            raise
        return kind, value

    def _discard(self) -> int:
        """End the process, if there is one, and free its pipes; its exit code. The lock is held."""
        process, self._process = self._process, None
        return process.free() if process else 0


class _Process:
    """The parent's end of the pipes."""

    def __init__(self) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "models.support.child_process"],
            cwd=ROOT,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._stdin, self._stdout, self._stderr = cast(
            tuple[IO[bytes], IO[bytes], IO[bytes]], (self._popen.stdin, self._popen.stdout, self._popen.stderr)
        )
        os.set_blocking(self._stdin.fileno(), False)
        self._last_words = b""
        self._listener = threading.Thread(target=self._listen, name="child-stderr", daemon=True)
        self._listener.start()

    def alive(self) -> bool:
        return self._popen.poll() is None

    def send(self, message: Any, deadline: float) -> None:
        body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        rest = memoryview(LENGTH.pack(len(body)) + body)
        while rest:
            _wait(self._stdin, select.POLLOUT, deadline)
            rest = rest[os.write(self._stdin.fileno(), rest) :]

    def receive(self, deadline: float) -> tuple[str, Any]:
        (size,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        kind, value = pickle.loads(self._read(size, deadline))
        return kind, value

    def _read(self, size: int, deadline: float) -> bytearray:
        data = bytearray()
        while len(data) < size:
            _wait(self._stdout, select.POLLIN, deadline)
            piece = os.read(self._stdout.fileno(), min(size - len(data), PIECE))
            if not piece:
                raise EOFError
            data += piece
        return data

    def end(self) -> int:
        """End this process and no other; its exit code. Callable from any thread, also during `receive`."""
        self._popen.terminate()
        try:
            return self._popen.wait(END_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            return self._popen.wait()

    def free(self) -> int:
        code = self.end()
        self._listener.join(END_S)
        self._stdin.close()
        self._stdout.close()
        return code

    def last_words(self) -> str:
        return self._last_words.decode(errors="replace").strip()

    def _listen(self) -> None:
        with self._stderr as pipe:
            while piece := os.read(pipe.fileno(), PIECE):
                self._last_words = (self._last_words + piece)[-STDERR_KEPT:]


def _wait(pipe: Any, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0.0, deadline - monotonic()) * 1000):
        raise TimeoutError


def _cause(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


# --- In the child ----------------------------------------------------------------------------------------------------


def main() -> None:
    """Answer requests until the parent closes our standard input, which it also does by dying."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when we end
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # whatever an engine prints must not end up between our frames
    first = _receive(requests)
    if first is None:
        return
    target, args, name = first
    try:
        module, _, attribute = target.partition(":")
        engine = getattr(importlib.import_module(module), attribute)(*args)
    except Exception as error:  # noqa: BLE001 - reported to the parent, whose decision it is
        _send(replies, ERROR, _portable(error, name, EngineUnavailable))
        return
    _send(replies, VALUE, None)
    streams: dict[int, Iterator[Any]] = {}
    while (message := _receive(requests)) is not None:
        try:
            kind, value = _perform(engine, streams, *message)
            _send(replies, kind, value)
        except BrokenPipeError:
            return
        except Exception as error:  # noqa: BLE001 - the outermost loop of a request; the parent raises it
            _send(replies, ERROR, _portable(error, name, EngineError))


def _perform(engine: Any, streams: dict[int, Any], abandoned: list[int], request: Request) -> tuple[str, Any]:
    method, args, key = request
    for old in abandoned:
        if generator := streams.pop(old, None):
            generator.close()
    if key is None:
        return VALUE, getattr(engine, method)(*(args or ()))
    if args is not None:
        streams[key] = getattr(engine, method)(*args)
    elif key not in streams:
        raise EngineError("The stream ended with the process that made it; ask again.")
    try:
        return VALUE, next(streams[key])
    except BaseException as error:
        del streams[key]
        if isinstance(error, StopIteration):
            return END, None
        raise


def _portable(error: Exception, name: str, kind: type[EngineError]) -> KaikouError:
    if isinstance(error, KaikouError):
        return error
    failure = kind(f"{name} failed: {type(error).__name__}.", engine=name)
    failure.add_note("".join(traceback.format_exception(error, limit=-TRACE_DEPTH)))
    return failure


def _receive(requests: BinaryIO) -> Any:
    """The next request, or None at the end."""
    head = requests.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    body = requests.read(size)
    return pickle.loads(body) if len(body) == size else None


def _send(replies: BinaryIO, kind: str, value: Any) -> None:
    body = pickle.dumps((kind, value), protocol=pickle.HIGHEST_PROTOCOL)
    replies.write(LENGTH.pack(len(body)))
    replies.write(body)
    replies.flush()


if __name__ == "__main__":
    main()
