from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import psutil
import pytest

pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed (requirements-cpu.txt)")
pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")

from models.sherpa.recognizer import SherpaRecognizer, create
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition
from pipeline.errors import EngineError, EngineTimeout, EngineUnavailable
from pipeline.text.language import language_of
from tests.models.decoding import decoding_threads, soon
from tests.models.tiny_sherpa import build_recognizers, build_sense_voice

BUDGET_S = 10.0
PIECE = LINE_RATE // 10
STREAMING = ("paraformer", "zipformer")
ALL = (*STREAMING, "two passes", "sense voice")


def sound(seed: int, seconds: float = 4.0) -> Samples:
    """Something to hear: tones and noises that change eight times a second, with a silence now and then."""
    chance = np.random.default_rng(seed)
    step = LINE_RATE // 8
    pieces = []
    for _ in range(int(seconds * 8)):
        tones = sum(np.sin(np.arange(step) * chance.uniform(0.02, 1.5)) for _ in range(3))
        pieces.append((tones + chance.normal(0, 0.5, step)) * (chance.random() > 0.2))
    return (np.concatenate(pieces) * 2_000).astype(np.int16)


SILENCE = np.zeros(3 * LINE_RATE, np.int16)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build_recognizers(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def engines(weights: Mapping[str, Path]) -> Iterator[dict[str, SherpaRecognizer]]:
    settings: dict[str, dict[str, Any]] = {
        name: {"weights": str(folder), "threads": 3} for name, folder in weights.items()
    }
    settings["two passes"] = settings["zipformer"] | {"second_pass": str(weights["sense voice"])}
    made = {name: create(chosen) for name, chosen in settings.items()}
    yield made
    for engine in made.values():
        engine.close()


@pytest.fixture(params=ALL)
def engine(request: pytest.FixtureRequest, engines: Mapping[str, SherpaRecognizer]) -> SherpaRecognizer:
    return engines[request.param]


@pytest.fixture(params=STREAMING)
def streaming(request: pytest.FixtureRequest, engines: Mapping[str, SherpaRecognizer]) -> SherpaRecognizer:
    return engines[request.param]


def partials(engine: SherpaRecognizer, pcm: Samples, piece: int = PIECE) -> list[str]:
    stream = engine.open()
    try:
        return [stream.accept(pcm[at : at + piece]) for at in range(0, len(pcm), piece)]
    finally:
        stream.close()


def recognized(engine: SherpaRecognizer, pcm: Samples, piece: int = PIECE) -> Recognition:
    stream = engine.open()
    try:
        for at in range(0, len(pcm), piece):
            stream.accept(pcm[at : at + piece])
        return stream.settle(BUDGET_S)
    finally:
        stream.close()


# --- What is understood ----------------------------------------------------------------------------------------------


def test_partials_grow(streaming: SherpaRecognizer) -> None:
    heard = list(dict.fromkeys(partials(streaming, sound(1))))

    assert len(heard) > 3
    assert all(later.startswith(earlier) for earlier, later in pairwise(heard))


def test_sense_voice_alone_says_nothing_before_the_end_and_declares_it(engines: Mapping[str, SherpaRecognizer]) -> None:
    alone = engines["sense voice"]

    assert (set(partials(alone, sound(1))), alone.info.streams) == ({""}, False)
    assert "zipformer" in alone.info.note


@pytest.mark.parametrize("piece", [77, 512, 1_777, 8_000, 64_000])
def test_the_words_do_not_depend_on_how_the_audio_was_cut(engine: SherpaRecognizer, piece: int) -> None:
    pcm = sound(2)

    assert recognized(engine, pcm, piece) == recognized(engine, pcm) != Recognition("")


def test_the_last_sound_is_heard_although_the_networks_look_ahead(streaming: SherpaRecognizer) -> None:
    missed = 0
    for seed in range(6):
        pcm = sound(seed)[: 3 * LINE_RATE + 997 * seed]
        missed += partials(streaming, pcm)[-1] != (settled := recognized(streaming, pcm).text)

        assert settled == partials(streaming, np.concatenate((pcm, SILENCE)))[-1]
    assert missed > 0


def test_an_utterance_goes_on_after_it_was_settled(streaming: SherpaRecognizer) -> None:
    stream = streaming.open()
    stream.accept(sound(3, 2.0))
    draft = stream.settle(BUDGET_S).text
    stream.accept(sound(4, 2.0))
    whole = stream.settle(BUDGET_S).text
    stream.close()

    assert whole.startswith(draft)
    assert len(whole) > len(draft) > 0


def test_settling_again_costs_nothing_when_nothing_was_heard_since(engine: SherpaRecognizer) -> None:
    stream = engine.open()
    stream.accept(sound(3))

    assert stream.settle(BUDGET_S) is stream.settle(0.0)
    stream.close()


def test_silence_has_no_words(engine: SherpaRecognizer) -> None:
    assert (recognized(engine, SILENCE).text, recognized(engine, SILENCE[:0]).text) == ("", "")


def test_the_second_pass_tells_language_emotion_and_sounds(engines: Mapping[str, SherpaRecognizer]) -> None:
    pcm = sound(5)
    one, two, alone = (recognized(engines[name], pcm) for name in ("zipformer", "two passes", "sense voice"))

    assert two == alone
    assert (two.language, two.emotion, two.sounds) == ("zh", "happy", ("laughter",))
    assert (one.emotion, one.sounds, one.text != two.text) == ("", (), True)


def test_without_time_for_the_second_pass_the_first_ones_words_stand(
    engines: Mapping[str, SherpaRecognizer], weights: Mapping[str, Path], tmp_path: Path
) -> None:
    slow = build_sense_voice(tmp_path / "slow", work=50)
    engine = create({"weights": str(weights["zipformer"]), "second_pass": str(slow)})
    stream = engine.open()
    stream.accept(pcm := sound(5))
    settled = stream.settle(0.0)
    stream.close()
    engine.close()

    assert settled == recognized(engines["zipformer"], pcm)


def test_the_language_of_the_words_is_told(streaming: SherpaRecognizer) -> None:
    settled = recognized(streaming, sound(6))

    assert settled.language == language_of(settled.text) in ("zh", "en")


@pytest.mark.parametrize("kind", ["zipformer", "two passes", "sense voice"])
def test_words_are_timed_and_are_all_of_the_text(engines: Mapping[str, SherpaRecognizer], kind: str) -> None:
    settled = recognized(engines[kind], sound(6))
    starts = [word.start_ms for word in settled.words]

    assert "".join(word.text for word in settled.words) == settled.text.replace(" ", "")
    assert starts == sorted(starts)
    assert 0 <= starts[0] < starts[-1] < 4_100
    assert engines[kind].info.times_words


def test_times_are_those_of_what_was_heard_although_settling_added_silence(
    engines: Mapping[str, SherpaRecognizer],
) -> None:
    pcm, stream = sound(6, 8.0), engines["zipformer"].open()
    for at in range(0, len(pcm), 6 * PIECE):
        stream.accept(pcm[at : at + 6 * PIECE])
        settled = stream.settle(BUDGET_S)
    stream.close()

    assert 7_000 < settled.words[-1].start_ms < 8_100


def test_paraformer_declares_that_it_tells_no_times(engines: Mapping[str, SherpaRecognizer]) -> None:
    paraformer = engines["paraformer"]

    assert (recognized(paraformer, sound(6)).words, paraformer.info.times_words) == ((), False)


# --- Sessions --------------------------------------------------------------------------------------------------------


def test_interleaved_sessions_do_not_leak_into_each_other(engine: SherpaRecognizer) -> None:
    sounds = [sound(seed) for seed in (7, 8)]
    alone = [recognized(engine, pcm) for pcm in sounds]

    streams = [engine.open() for _ in sounds]
    for at in range(0, len(sounds[0]), PIECE):
        for stream, pcm in zip(streams, sounds, strict=True):
            stream.accept(pcm[at : at + PIECE])
    together = [stream.settle(BUDGET_S) for stream in streams]
    for stream in streams:
        stream.close()

    assert together == alone
    assert alone[0].text != alone[1].text


def test_many_sessions_at_once_hear_what_each_would_alone(engine: SherpaRecognizer) -> None:
    sounds = [sound(seed, 2.0) for seed in range(12)]
    alone = [recognized(engine, pcm) for pcm in sounds]

    with ThreadPoolExecutor(12) as sessions:
        together = list(sessions.map(lambda pcm: recognized(engine, pcm), sounds))

    assert together == alone


def test_two_hundred_abandoned_utterances_leave_nothing(engine: SherpaRecognizer) -> None:
    process, pcm = psutil.Process(), sound(9, 1.0)
    left: list[weakref.ref[Any]] = []

    def abandon(times: int) -> None:
        for turn in range(times):
            stream = engine.open()
            left.append(weakref.ref(stream))
            stream.accept(pcm)
            if turn % 2:
                stream.close()

    abandon(50)
    threads, memory = threading.active_count(), process.memory_info().rss
    abandon(200)
    gc.collect()

    assert [ref for ref in left if ref() is not None] == []
    assert threading.active_count() == threads
    assert process.memory_info().rss - memory < 10_000_000


# --- Cancelling ------------------------------------------------------------------------------------------------------


class Gate:
    """A stream whose decoding lasts until it is let through."""

    raw = None

    def __init__(self) -> None:
        self.begun, self.opened = threading.Event(), threading.Event()

    def ready(self) -> bool:
        self.begun.set()
        assert self.opened.wait(10)
        return False


@pytest.mark.parametrize("how", [lambda stream: stream.accept(sound(1)), lambda stream: stream.settle(BUDGET_S)])
def test_closing_ends_a_call_that_waits_for_its_turn(weights: Mapping[str, Path], how: Callable[[Any], object]) -> None:
    engine = create({"weights": str(weights["zipformer"]), "threads": 1})
    gate = Gate()
    stream = engine.open()
    stream.accept(sound(1, 0.3))  # not enough yet for the network
    assert engine._first is not None
    engine._first.batcher.submit(gate)
    assert gate.begun.wait(10)
    ended: list[float] = []

    def call() -> None:
        with pytest.raises(EngineError, match="closed"):
            how(stream)
        ended.append(perf_counter())

    calling = threading.Thread(target=call)
    calling.start()
    while not stream._in_flight:
        assert calling.is_alive()
    closed = perf_counter()
    stream.close()
    calling.join(10)
    gate.opened.set()
    engine.close()

    assert ended
    assert ended[0] - closed < 0.1


def test_a_closed_utterance_takes_nothing_more(engine: SherpaRecognizer) -> None:
    stream = engine.open()
    stream.close()
    stream.close()

    with pytest.raises(EngineError, match="closed"):
        stream.accept(sound(1))
    with pytest.raises(EngineError, match="closed"):
        stream.settle(BUDGET_S)


def test_a_closed_engine_recognizes_nothing_more(weights: Mapping[str, Path]) -> None:
    engine = create({"weights": str(weights["paraformer"])})
    stream = engine.open()
    engine.close()
    engine.close()

    with pytest.raises(EngineError, match="closed"):
        stream.accept(sound(1))


def test_the_decoding_threads_end_with_the_engine(weights: Mapping[str, Path]) -> None:
    before = decoding_threads()
    engine = create({"weights": str(weights["zipformer"]), "second_pass": str(weights["sense voice"]), "threads": 3})
    during = decoding_threads()
    engine.close()

    assert during - before == 4
    assert soon(lambda: decoding_threads() == before)


def test_another_language_is_refused(streaming: SherpaRecognizer) -> None:
    with pytest.raises(EngineUnavailable, match="zh, en"):
        streaming.open("fr")


def test_a_recognizer_that_stalls_is_given_up(weights: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.sherpa.recognizer.FIRST_PASS_S", 0.05)
    engine = create({"weights": str(weights["zipformer"]), "threads": 1})
    gate = Gate()
    assert engine._first is not None
    engine._first.batcher.submit(gate)

    stream = engine.open()
    with pytest.raises(EngineTimeout):
        stream.accept(sound(1))
    with pytest.raises(EngineError, match="closed"):
        stream.accept(sound(1))
    gate.opened.set()
    engine.close()
