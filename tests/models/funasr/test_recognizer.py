"""What stands in front of FunASR's processes: settings, queues, budgets. No torch here; test_funasr.py has the rest."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from time import monotonic
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.funasr.recognizer import (
    HEARD_LIMIT_BYTES,
    FunasrSecondPass,
    FunasrStream,
    Streaming,
    UtterancePiece,
    create,
)
from pipeline.audio.samples import LINE_RATE
from pipeline.engines.protocols import Recognition
from pipeline.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable, SettingError

CHUNK = np.zeros(600 * LINE_RATE // 1000, np.int16)
SOON_S = 5.0


class Process:
    """Stands for a child: remembers its calls and answers when it may."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.called, self.may_answer = Event(), Event()
        self.may_answer.set()

    def call(self, method: str, *arguments: Any, timeout_s: float) -> Any:
        self.calls.append((method, *arguments))
        self.called.set()
        assert self.may_answer.wait(SOON_S)
        match method, arguments:
            case "decode", [utterances]:
                return [[f"<|en|><|HAPPY|><|Speech|><|withitn|>{len(pcm)} bytes"] for pcm in utterances]
            case "accept_pieces", [_, pieces]:
                return [f"{'settled' if piece.ends else 'partial'} {piece.pcm[:4].hex()}" for piece in pieces]
            case _:
                raise AssertionError(method)

    def close(self) -> None:
        self.may_answer.set()


@pytest.fixture
def process() -> Process:
    return Process()


@pytest.fixture
def whole() -> Process:
    return Process()


@pytest.fixture
def streaming(process: Process) -> Iterator[Streaming]:
    with closing(Streaming(process, size=2, wait_s=0.0, queue=2)) as streaming:  # type: ignore[arg-type]
        yield streaming


@pytest.fixture
def second_pass(whole: Process) -> Iterator[FunasrSecondPass]:
    with closing(FunasrSecondPass(whole, size=4, wait_s=0.0, queue=2)) as second_pass:  # type: ignore[arg-type]
        yield second_pass


def folder(at: Path) -> str:
    """What passes for a model's folder until it is read."""
    at.mkdir()
    for name in ("config.yaml", "model.pt"):
        (at / name).touch()
    return str(at)


def test_less_than_a_chunk_asks_nobody(streaming: Streaming, process: Process) -> None:
    stream = FunasrStream(streaming, None)

    assert [stream.accept(CHUNK[:1600]) for _ in range(5)] == [""] * 5
    assert process.calls == []
    stream.accept(CHUNK[:1600])
    assert [len(piece.pcm) for _, _, pieces in process.calls for piece in pieces] == [CHUNK.nbytes]


def test_too_many_waiting_chunks_are_refused_as_busy(streaming: Streaming, process: Process) -> None:
    process.may_answer.clear()
    with ThreadPoolExecutor() as pool, ExitStack() as streams:
        calls = []
        for _ in range(3):
            stream = streams.enter_context(closing(FunasrStream(streaming, None)))
            calls.append(pool.submit(stream.accept, CHUNK))
            assert process.called.wait(SOON_S)
        while len(streaming._batcher._waiting) < 2:
            pass
        with pytest.raises(EngineBusy):
            FunasrStream(streaming, None).accept(CHUNK)
        process.may_answer.set()

        assert [call.result(SOON_S) for call in calls] == ["partial 00000000"] * 3


def test_the_second_pass_hears_the_whole_utterance(streaming: Streaming, second_pass: FunasrSecondPass) -> None:
    stream = FunasrStream(streaming, second_pass)
    stream.accept(CHUNK)
    stream.accept(CHUNK[:100])

    assert stream.settle(SOON_S) == Recognition(f"{2 * len(CHUNK) + 200} bytes", "en", "happy")


def test_when_the_second_pass_is_late_the_streaming_text_stands(
    streaming: Streaming, second_pass: FunasrSecondPass, whole: Process
) -> None:
    whole.may_answer.clear()
    stream = FunasrStream(streaming, second_pass)
    stream.accept(CHUNK)
    stream.accept(CHUNK[:2] + 1)
    began = monotonic()

    assert stream.settle(0.02) == Recognition("settled 01000100")
    assert monotonic() - began < 1.0


def test_when_the_second_pass_is_overrun_the_streaming_text_stands(
    streaming: Streaming, second_pass: FunasrSecondPass, whole: Process
) -> None:
    whole.may_answer.clear()
    second_pass.submit(b"running")
    assert whole.called.wait(SOON_S)
    waiting = [second_pass.submit(b"waiting") for _ in range(2)]
    stream = FunasrStream(streaming, second_pass)
    stream.accept(CHUNK)

    assert stream.settle(SOON_S) == Recognition("settled ")
    assert not any(future.done() for future in waiting)


def test_without_a_budget_the_second_pass_is_not_asked(
    streaming: Streaming, second_pass: FunasrSecondPass, whole: Process
) -> None:
    stream = FunasrStream(streaming, second_pass)
    stream.accept(CHUNK)

    assert (stream.settle(0.0), whole.calls) == (Recognition("settled "), [])


def test_beyond_a_minute_only_the_streaming_text_is_left(streaming: Streaming, second_pass: FunasrSecondPass) -> None:
    stream = FunasrStream(streaming, second_pass)
    minute = np.zeros(HEARD_LIMIT_BYTES // 2, np.int16)
    stream.accept(minute)
    whole = stream.settle(SOON_S)
    stream.accept(CHUNK)

    assert [whole.text, stream.settle(SOON_S).text] == [f"{HEARD_LIMIT_BYTES} bytes", "settled "]


def test_closing_ends_a_call_in_flight_at_once_and_frees_what_was_remembered(
    streaming: Streaming, process: Process
) -> None:
    process.may_answer.clear()
    stream = FunasrStream(streaming, None)
    with ThreadPoolExecutor() as pool:
        call = pool.submit(stream.accept, CHUNK)
        assert process.called.wait(SOON_S)
        began = monotonic()
        stream.close()
        stream.close()
        with pytest.raises(EngineError, match="closed"):
            call.result(SOON_S)
        ended_s = monotonic() - began
        process.may_answer.set()
    streaming.submit(piece(99)).result(SOON_S)

    assert ended_s < 0.1
    assert [key for _, ended, _ in process.calls for key in ended] == [0]


def piece(key: int) -> UtterancePiece:
    return UtterancePiece(key, begins=True, ends=False, pcm=CHUNK.tobytes())


def test_many_that_end_at_once_take_one_place_in_the_queue(streaming: Streaming, process: Process) -> None:
    streams = [FunasrStream(streaming, None) for _ in range(9)]
    for stream in streams:
        stream.accept(CHUNK)
    process.may_answer.clear()
    process.called.clear()
    held = streaming.submit(piece(98))
    assert process.called.wait(SOON_S)
    for stream in streams:
        stream.close()
    last = streaming.submit(piece(99))
    process.may_answer.set()
    held.result(SOON_S)
    last.result(SOON_S)

    assert process.calls[-1] == ("accept_pieces", list(range(9)), [piece(99)])


def test_an_utterance_that_said_nothing_leaves_nothing_to_free(streaming: Streaming, process: Process) -> None:
    FunasrStream(streaming, None).close()
    streaming.submit(piece(99)).result(SOON_S)

    assert process.calls == [("accept_pieces", [], [piece(99)])]


def test_chunks_of_several_sessions_are_heard_together(streaming: Streaming, process: Process) -> None:
    process.may_answer.clear()
    held = streaming.submit(piece(97))
    assert process.called.wait(SOON_S)
    together = [streaming.submit(piece(98)), streaming.submit(piece(99))]
    process.may_answer.set()

    assert [future.result(SOON_S) for future in (held, *together)] == ["partial 00000000"] * 3
    assert [[each.key for each in pieces] for _, _, pieces in process.calls] == [[97], [98, 99]]


def test_a_closed_utterance_takes_nothing(streaming: Streaming) -> None:
    stream = FunasrStream(streaming, None)
    stream.close()

    with pytest.raises(EngineError, match="closed"):
        stream.accept(CHUNK)


def test_an_answer_that_does_not_come_is_a_timeout(
    streaming: Streaming, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.funasr.recognizer.WAIT_S", 0.02)
    process.may_answer.clear()

    with pytest.raises(EngineTimeout):
        FunasrStream(streaming, None).accept(CHUNK)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"wieghts": ""}, "wieghts"),
        ({"batch": 0}, "at least 1"),
        ({"batch_wait_ms": -1.0}, "at least 0"),
        ({"device": "gpu"}, "auto, cpu or cuda, not 'gpu'"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingError, match=complaint):
        create(settings)


@pytest.fixture
def _packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all packages were installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: SimpleNamespace(name=name))


@pytest.mark.usefixtures("_packages")
@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("weights", "funasr-paraformer"),
        ("second_pass", "funasr-sensevoice"),
        ("vad", "funasr-vad"),
        ("punctuation", "funasr-punctuation"),
    ],
)
def test_a_missing_folder_is_unavailable_and_says_how_to_get_it(tmp_path: Path, role: str, name: str) -> None:
    settings = {"weights": folder(tmp_path / "paraformer"), role: str(tmp_path / "gone")}

    with pytest.raises(
        EngineUnavailable, match=re.escape(f"“gone” is not one. To get it: python3 run.py models pull {name}")
    ):
        create(settings)


@pytest.mark.usefixtures("_packages")
def test_a_folder_without_weights_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()  # FunASR would make up random weights

    with pytest.raises(EngineUnavailable, match="models pull"):
        create({"weights": str(tmp_path)})
    with pytest.raises(EngineUnavailable, match="none is set"):
        create({})


def test_missing_packages_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "funasr" else object())

    with pytest.raises(EngineUnavailable, match=r"needs funasr: pip install -r requirements-gpu\.txt"):
        create({"weights": folder(tmp_path / "paraformer")})
