import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from models.support.child_process import ROOT, Child
from pipeline.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable

TARGET = "tests.models.child_targets:Parrot"


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child(TARGET, args=("dear ",), name="parrot")
    yield child
    child.close()


def test_a_call_returns_what_the_method_returned(child: Child) -> None:
    assert child.call("say", "friend", timeout_s=1) == "dear friend"


def test_two_streams_take_turns(child: Child) -> None:
    one, other = child.stream("count", 3, timeout_s=1), child.stream("count", 3, timeout_s=1)

    assert list(zip(one, other, strict=True)) == [(0, 0), (1, 1), (2, 2)]


def test_an_abandoned_stream_is_closed_and_leaves_the_channel_in_step(child: Child) -> None:
    stream = child.stream("count", 1000, timeout_s=1)
    first = next(stream)
    running = child.call("streams", timeout_s=1)
    stream.close()

    assert (first, running, child.call("streams", timeout_s=1)) == (0, 1, 0)


def test_what_the_engine_prints_does_not_mix_with_replies(child: Child) -> None:
    assert child.call("chatter", 20_000, timeout_s=10) == "done"


def test_messages_larger_than_a_pipe_pass_both_ways(child: Child) -> None:
    data = os.urandom(3_000_000)

    assert child.call("reverse", data, timeout_s=5) == data[::-1]


def test_an_exception_names_its_kind_and_keeps_the_trace_for_the_log(child: Child) -> None:
    with pytest.raises(EngineError) as caught:
        child.call("fail", timeout_s=1)

    assert str(caught.value) == "parrot failed: ValueError."
    assert "a secret path" in caught.value.__notes__[0]


def test_our_own_errors_arrive_as_they_are(child: Child) -> None:
    with pytest.raises(EngineUnavailable, match="Install it first"):
        child.call("refuse", timeout_s=1)


def test_a_crash_fails_the_call_and_the_next_one_gets_a_new_process(child: Child) -> None:
    stream = child.stream("count", 3, timeout_s=1)
    next(stream)
    with pytest.raises(EngineError, match="SIGSEGV") as caught:
        child.call("crash", timeout_s=5)

    assert caught.value.__notes__ == ["oh no"]
    assert child.call("say", "again", timeout_s=1) == "dear again"
    with pytest.raises(EngineError, match="ended with the process"):
        next(stream)


def test_a_process_killed_while_idle_is_replaced_unnoticed(child: Child) -> None:
    process = child.call("process", timeout_s=1)
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)

    assert child.call("say", "again", timeout_s=1) == "dear again"


def test_a_late_reply_raises_and_the_process_is_replaced(child: Child) -> None:
    stalled = child.call("process", timeout_s=1)
    with pytest.raises(EngineTimeout):
        child.call("stall", timeout_s=0.05)

    assert child.call("process", timeout_s=1) != stalled


@pytest.fixture
def stalled(child: Child, tmp_path: Path) -> Iterator[Future[None]]:
    """A call in flight on another thread."""
    started = tmp_path / "started"
    os.mkfifo(started)
    with ThreadPoolExecutor() as pool:
        call = pool.submit(child.call, "stall", str(started), timeout_s=60)
        started.read_bytes()  # returns when the child has written
        yield call
        child.close()


def test_closing_ends_a_call_in_flight(child: Child, stalled: Future[None]) -> None:
    child.close()

    assert str(stalled.exception(timeout=2)) == "parrot is closed."


def test_a_call_that_waits_too_long_for_another_is_busy(child: Child, stalled: Future[None]) -> None:
    with pytest.raises(EngineBusy):
        child.call("say", "me too", timeout_s=0.05)

    assert not stalled.done()


def test_a_closed_child_stays_closed(child: Child) -> None:
    child.close()
    child.close()

    with pytest.raises(EngineError, match="is closed"):
        child.call("say", "hello", timeout_s=1)


def test_an_engine_that_cannot_start_says_why() -> None:
    child = Child("tests.models.child_targets:missing", name="parrot")

    with pytest.raises(EngineUnavailable, match="Install it first"):
        child.start()


def test_a_target_that_is_not_there_is_unavailable() -> None:
    child = Child("models.nowhere:Nothing", name="parrot")

    with pytest.raises(EngineUnavailable, match=r"parrot failed: ModuleNotFoundError"):
        child.start()


def test_the_child_ends_when_its_parent_dies(tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    script = f"""
import os
from models.support.child_process import Child
child = Child({TARGET!r}, name="parrot")
child.call("hold", {str(held)!r}, timeout_s=5)
os._exit(0)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) as parent:
        assert held.read_bytes() == b""  # ends when the last process that holds it has

    assert parent.returncode == 0
