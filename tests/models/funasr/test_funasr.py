"""FunASR for real: torch, the library, its processes, on tiny random weights that are made here."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from time import monotonic, sleep
from typing import Any

import numpy as np
import psutil
import pytest

from models.funasr.recognizer import (
    CHUNK_BYTES,
    FunASR,
    FunasrSecondPass,
    FunasrStream,
    Streaming,
    UtterancePiece,
    create,
)
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition
from pipeline.errors import EngineError, EngineUnavailable

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore"),  # the library's own, of which there are many
]

AMPLE_S = 60.0
COMPANY_S = 0.5
BATCH = 8


@dataclass(frozen=True)
class Tiny:
    """Folders of tiny models, and the sounds that tell them something."""

    paraformer: str
    sense_voice: str
    vad: str
    punctuation: str
    sound: Callable[..., Samples]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    pytest.importorskip("funasr", reason="needs requirements-gpu.txt: python3 run.py test-heavy")
    from tests.models import tiny_funasr

    folder = tmp_path_factory.mktemp("funasr")
    return Tiny(
        str(tiny_funasr.build_streaming_paraformer(folder / "paraformer")),
        str(tiny_funasr.build_sense_voice(folder / "sense-voice")),
        str(tiny_funasr.build_vad(folder / "vad")),
        str(tiny_funasr.build_punctuation(folder / "punctuation")),
        tiny_funasr.sound,
    )


@pytest.fixture(scope="module")
def recognizer(tiny: Tiny) -> Iterator[FunASR]:
    recognizer = create({"weights": tiny.paraformer, "second_pass": tiny.sense_voice, "device": "cpu"})
    recognizer.open().close()
    assert recognizer.second_pass
    recognizer.second_pass.child.start()
    yield recognizer
    recognizer.close()


@pytest.fixture
def stream(recognizer: FunASR) -> Iterator[FunasrStream]:
    with closing(recognizer.open()) as stream:
        yield stream


@pytest.fixture
def patient(recognizer: FunASR) -> Iterator[FunasrSecondPass]:
    """The second pass, waiting long enough for `BATCH` utterances to come together."""
    assert recognizer.second_pass
    patient = FunasrSecondPass(recognizer.second_pass.child, BATCH, COMPANY_S, queue=2 * BATCH)
    yield patient
    patient._batcher.close()


def hear(stream: FunasrStream, pcm: Samples, samples: int = 1600) -> list[str]:
    """The partial texts after each piece."""
    return [stream.accept(pcm[at : at + samples]) for at in range(0, len(pcm), samples)]


def in_process(name: str, *arguments: Any) -> Any:
    """A model as its process would make it."""
    import models.funasr.networks

    return getattr(models.funasr.networks, name)(*arguments)


def test_partials_grow_while_somebody_speaks(stream: FunasrStream, tiny: Tiny) -> None:
    partials = hear(stream, tiny.sound(4, seed=1))

    assert partials[4] == ""
    assert all(later.startswith(earlier) for earlier, later in pairwise(partials))
    assert len(set(partials)) > 4


@pytest.mark.parametrize("seconds", [0.4, 1.2, 4.0, 4.23])
def test_the_streaming_text_is_what_the_library_itself_says(stream: FunasrStream, tiny: Tiny, seconds: float) -> None:
    from funasr import AutoModel

    pcm = tiny.sound(seconds, seed=2)
    published: dict[str, Any] = {"chunk_size": [0, 10, 5], "encoder_chunk_look_back": 4, "decoder_chunk_look_back": 1}
    library = AutoModel(model=tiny.paraformer, device="cpu", disable_update=True, disable_pbar=True)
    library.kwargs["frontend"].dither = 0.0
    result = library.generate(input=pcm.astype(np.float32) / 32768, cache={}, is_final=True, **published)
    hear(stream, pcm)

    assert stream.settle(0).text == result[0]["text"]


def test_two_utterances_at_once_do_not_mix(recognizer: FunASR, tiny: Tiny) -> None:
    sounds = [tiny.sound(4, seed=1), tiny.sound(4, seed=5, bright=True)]
    alone = []
    for pcm in sounds:
        with closing(recognizer.open()) as stream:
            alone.append((hear(stream, pcm), stream.settle(0)))
    with closing(recognizer.open()) as one, closing(recognizer.open()) as other:
        turns = [(one.accept(mine), other.accept(theirs)) for mine, theirs in zip(*map(pieces, sounds), strict=True)]
        together = [([turn[0] for turn in turns], one.settle(0)), ([turn[1] for turn in turns], other.settle(0))]

    assert together == alone
    assert alone[0] != alone[1]


def pieces(pcm: Samples) -> list[Samples]:
    return np.split(pcm, range(1600, len(pcm), 1600))


@pytest.mark.parametrize("budget_s", [0.0, AMPLE_S], ids=["streaming", "second pass"])
def test_the_final_text_does_not_depend_on_how_the_audio_was_cut(
    recognizer: FunASR, tiny: Tiny, budget_s: float
) -> None:
    pcm = tiny.sound(3.7, seed=3)
    finals = set()
    for samples in (len(pcm), 9600, 5120, 1600, 331):
        with closing(recognizer.open()) as stream:
            hear(stream, pcm, samples)
            finals.add(stream.settle(budget_s))

    assert len(finals) == 1
    assert finals.pop().text


@pytest.mark.parametrize("samples", [0, 100, 959, 960, 5000, 9599, 9600, 10_000, 10_560, 19_300])
def test_an_utterance_of_any_length_can_be_settled(stream: FunasrStream, tiny: Tiny, samples: int) -> None:
    stream.accept(tiny.sound(2, seed=4)[:samples])

    assert (stream.settle(0).text != "") == (samples >= 960)


def test_settling_leaves_the_utterance_open(stream: FunasrStream, recognizer: FunASR, tiny: Tiny) -> None:
    pcm = tiny.sound(4, seed=6)
    hear(stream, pcm[: 2 * LINE_RATE + 700])
    stream.settle(0)
    hear(stream, pcm[2 * LINE_RATE + 700 :])
    with closing(recognizer.open()) as undisturbed:
        hear(undisturbed, pcm)

        assert stream.settle(0) == undisturbed.settle(0)


def test_the_second_pass_tells_language_emotion_and_sounds(recognizer: FunASR, tiny: Tiny) -> None:
    with closing(recognizer.open("zh")) as one, closing(recognizer.open("en")) as other:
        hear(one, tiny.sound(2, seed=101))
        hear(other, tiny.sound(2, seed=102, bright=True))
        dark, bright = one.settle(AMPLE_S), other.settle(AMPLE_S)

    assert (dark.language, dark.emotion, dark.sounds) == ("zh", "angry", ("laughter",))
    assert (bright.language, bright.emotion, bright.sounds) == ("en", "sad", ())
    assert dark.text
    assert "<" not in dark.text + bright.text


def test_utterances_that_end_together_are_one_run_of_the_model(
    recognizer: FunASR, patient: FunasrSecondPass, tiny: Tiny
) -> None:
    sounds = [tiny.sound(2 + seed % 3 / 10, seed, bright=seed % 2 == 1) for seed in range(BATCH)]
    assert recognizer.second_pass
    alone, runs_alone = settled(recognizer.streaming, recognizer.second_pass, sounds, threads=1)
    together, runs_together = settled(recognizer.streaming, patient, sounds, threads=BATCH)

    assert together == alone
    assert len(set(alone)) == BATCH
    assert (runs_alone, runs_together) == (BATCH, 1)


def settled(
    streaming: Streaming, second_pass: FunasrSecondPass, sounds: Sequence[Samples], threads: int
) -> tuple[list[Recognition], int]:
    """What the second pass makes of `sounds`, so many at once, and how often it ran its model."""
    before = second_pass.child.call("runs", timeout_s=5)

    def settle(pcm: Samples) -> Recognition:
        with closing(FunasrStream(streaming, second_pass)) as stream:
            stream.accept(pcm)
            return stream.settle(AMPLE_S)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(settle, sounds)), second_pass.child.call("runs", timeout_s=5) - before


def test_closing_ends_a_call_within_100_ms(recognizer: FunASR, patient: FunasrSecondPass, tiny: Tiny) -> None:
    stream = FunasrStream(recognizer.streaming, patient)
    stream.accept(tiny.sound(1, seed=7))
    with ThreadPoolExecutor() as pool:
        settling = pool.submit(stream.settle, AMPLE_S)  # waits for company
        sleep(COMPANY_S / 5)
        began = monotonic()
        stream.close()
        failure = settling.exception(timeout=5)

    assert monotonic() - began < 0.1
    assert isinstance(failure, EngineError)


def test_two_hundred_abandoned_utterances_leave_nothing(recognizer: FunASR, tiny: Tiny) -> None:
    pcm = tiny.sound(1.3, seed=8)
    process = psutil.Process(recognizer.streaming.child._process._popen.pid)
    abandon(recognizer, pcm, 20)
    before = (threading.active_count(), len(os.listdir("/proc/self/fd")))
    memory = process.memory_info().rss
    abandon(recognizer, pcm, 200)

    recognizer.streaming._batcher.submit(None).result(5)
    assert recognizer.streaming.child.call("utterances", timeout_s=5) == 0
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == before
    assert process.memory_info().rss - memory < 16 * 1024 * 1024


def abandon(recognizer: FunASR, pcm: Samples, times: int) -> None:
    for _ in range(times):
        stream = recognizer.open()
        stream.accept(pcm)
        stream.close()


def test_after_a_crash_the_utterance_is_lost_and_the_next_one_is_heard(recognizer: FunASR, tiny: Tiny) -> None:
    pcm = tiny.sound(2, seed=9)
    with closing(recognizer.open()) as before, closing(recognizer.open()) as lost:
        hear(before, pcm)
        hear(lost, pcm[:LINE_RATE])
        process = recognizer.streaming.child._process._popen
        process.kill()
        process.wait(5)
        with pytest.raises(EngineError, match="start anew"):
            hear(lost, pcm[LINE_RATE:])
        with closing(recognizer.open()) as after:
            partials = hear(after, pcm)

    assert partials[-1] == before._text != ""


def test_cuda_without_a_cuda_device_is_unavailable_and_says_what_to_do(tiny: Tiny) -> None:
    if in_process("device_of", "auto") == "cuda":
        pytest.skip("there is a CUDA device here")
    told = r'finds no CUDA device here.*"auto" or "cpu"'
    with (
        closing(create({"weights": tiny.paraformer, "device": "cuda"})) as recognizer,
        pytest.raises(EngineUnavailable, match=told),
    ):
        recognizer.open()


def test_pauses_are_cut_out_of_what_the_second_pass_hears(tiny: Tiny) -> None:
    second_pass = in_process("WholePass", tiny.sense_voice, tiny.vad, "cpu", 1)
    speech, pause = tiny.sound(1.5, seed=10), np.zeros(3 * LINE_RATE, np.int16)
    decoded = second_pass.decode([np.concatenate([pause, speech, pause, speech]).tobytes(), speech.tobytes()])

    assert [len(texts) for texts in decoded] == [2, 1]
    assert all("<|zh|>" in text for texts in decoded for text in texts)


def test_speech_without_a_pause_is_cut_after_half_a_minute(tiny: Tiny) -> None:
    second_pass = in_process("WholePass", tiny.sense_voice, tiny.vad, "cpu", 1)

    assert len(second_pass.decode([tiny.sound(45, seed=14).tobytes()])[0]) == 2


def test_where_the_detector_finds_nothing_all_is_heard(tiny: Tiny) -> None:
    with_detector = in_process("WholePass", tiny.sense_voice, tiny.vad, "cpu", 1)
    without = in_process("WholePass", tiny.sense_voice, "", "cpu", 1)
    faint = (tiny.sound(1, seed=11) // 1000).tobytes()

    assert with_detector.decode([faint]) == without.decode([faint])


def test_the_streaming_text_gets_punctuation_when_it_is_settled(tiny: Tiny) -> None:
    said = [whole(tiny.sound(2.5, seed=12))]
    bare, marked = (
        in_process("StreamingPass", tiny.paraformer, folder, "cpu", 1).accept_pieces((), said)[0]
        for folder in ("", tiny.punctuation)
    )

    assert bare
    assert "，" in marked or marked.endswith(("。", "."))
    assert [letter for letter in marked.lower() if letter.isalpha()] == [letter for letter in bare if letter.isalpha()]


def whole(pcm: Samples) -> UtterancePiece:
    """An utterance that is one piece."""
    return UtterancePiece(key=1, begins=True, ends=True, pcm=pcm.tobytes())


def test_chunks_of_many_streams_are_one_run_of_the_model_and_do_not_mix(tiny: Tiny) -> None:
    streaming = in_process("StreamingPass", tiny.paraformer, "", "cpu", 1)
    sounds = [tiny.sound(9, seed, bright=seed % 2 == 1) for seed in range(8)]
    alone = [[streaming.accept_pieces((), [piece])[0] for piece in chunks(key, sounds[key])] for key in range(8)]
    before = streaming.runs()
    together = [
        streaming.accept_pieces((), pieces)
        for pieces in zip(*(chunks(key, sounds[key]) for key in range(8)), strict=True)
    ]

    assert list(map(list, zip(*together, strict=True))) == alone
    assert len({texts[-1] for texts in alone}) == 8
    assert streaming.runs() - before == 15


def test_streams_that_began_at_different_times_do_not_mix(tiny: Tiny) -> None:
    streaming = in_process("StreamingPass", tiny.paraformer, "", "cpu", 1)
    sounds = [tiny.sound(9, seed) for seed in range(4)]
    alone = [[streaming.accept_pieces((), [piece])[0] for piece in chunks(key, sounds[key])] for key in range(4)]
    waiting = [([None] * 2 * key + chunks(key, sounds[key])) for key in range(4)]
    together: list[list[str]] = [[] for _ in range(4)]
    for pieces in zip_longest(*waiting):
        batch = [piece for piece in pieces if piece]
        for piece, text in zip(batch, streaming.accept_pieces((), batch), strict=True):
            together[piece.key].append(text)

    assert together == alone


def chunks(key: int, pcm: Samples) -> list[UtterancePiece]:
    """An utterance in whole chunks."""
    count = 2 * len(pcm) // CHUNK_BYTES
    data = pcm.tobytes()
    return [UtterancePiece(key, at == 0, False, data[at * CHUNK_BYTES : (at + 1) * CHUNK_BYTES]) for at in range(count)]


def test_loading_and_hearing_ask_nobody_on_the_network(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    pcm = tiny.sound(1, seed=13)

    assert in_process("StreamingPass", tiny.paraformer, tiny.punctuation, "cpu", 1).accept_pieces((), [whole(pcm)])[0]
    assert in_process("WholePass", tiny.sense_voice, tiny.vad, "cpu", 1).decode([pcm.tobytes()])[0]
