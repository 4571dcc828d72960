"""What an utterance asks to be decoded, and what it makes of the answers. The network is told what to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import numpy as np
import pytest

from models.whisper.network import Decoded
from models.whisper.slots import Slots
from models.whisper.stream import LATE_S, Request, WhisperStream, decoded
from models.whisper.windows import STEP, Windows
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition
from pipeline.errors import EngineError, EngineTimeout

SOON_S = 10.0
PIECE = LINE_RATE // 10


class EverySecondAWord:
    """A network whose text says how many seconds it was given; it keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, bool]] = []
        self.loops = False
        self.free = Event()
        self.free.set()

    def decode(self, pcm: Samples, languages: Sequence[str], *, insist: bool = False, timed: bool = False) -> Decoded:
        self.free.wait(SOON_S)
        self.asked.append((round(len(pcm) / LINE_RATE, 1), insist))
        text = f"{len(pcm) / LINE_RATE:.0f} seconds."
        return Decoded(text, languages[0], -0.2, self.loops and not insist)


class Loudness:
    """A voice detector for which all that is not silent is a voice."""

    def probability(self, window: Samples) -> float:
        return float(np.abs(window).max() > 0)


@dataclass
class Scene:
    """A stream and what it depends on. `clock` stands still: all audio comes faster than it was spoken, unless it is set."""

    network: EverySecondAWord = field(default_factory=EverySecondAWord)
    slots: Slots = field(default_factory=lambda: Slots(2))
    now: float = 0.0

    def open(self) -> WhisperStream:
        def decode(request: Request) -> list[Decoded]:
            return decoded(self.network, ("en",), False, request)  # type: ignore[arg-type]

        return WhisperStream(decode, self.slots, Windows(Loudness()), lambda: self.now)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.network.free.set()
    scene.slots.close()


def voice(seconds: float) -> Samples:
    return np.ones(int(seconds * LINE_RATE) // STEP * STEP, np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * LINE_RATE) // STEP * STEP, np.int16)


def tell(stream: WhisperStream, *parts: Samples) -> list[str]:
    audio = np.concatenate(parts)
    return [stream.accept(audio[at : at + PIECE]) for at in range(0, len(audio), PIECE)]


def test_texts_come_about_every_second_and_then_the_final_one(scene: Scene) -> None:
    stream = scene.open()
    partials = tell(stream, voice(3.2))
    final = stream.settle(1.0)

    assert list(dict.fromkeys(partials)) == ["", "1 seconds.", "2 seconds.", "3 seconds."]
    assert final == Recognition("3 seconds.", "en")
    assert scene.network.asked == [(0.7, False), (1.7, False), (2.7, False), (3.2, True)]


def test_live_audio_does_not_wait_for_its_text(scene: Scene) -> None:
    scene.network.free.clear()
    stream = scene.open()
    scene.now = 3600.0  # by now, what is accepted was spoken long ago

    assert set(tell(stream, voice(5.0))) == {""}

    scene.network.free.set()
    assert stream.settle(1.0).text == "5 seconds."
    # The partial text is dropped if no thread had taken it up.
    assert [seconds for seconds, _ in scene.network.asked if seconds != 0.7] == [5.0]


def test_silence_after_the_words_is_not_decoded_again(scene: Scene) -> None:
    stream = scene.open()
    tell(stream, voice(1.5), silence(0.5))
    first = stream.settle(1.0)
    tell(stream, silence(5.0))
    second = stream.settle(1.0)

    assert first == second == Recognition("2 seconds.", "en")
    assert [insist for _, insist in scene.network.asked].count(True) == 1


def test_words_after_a_pause_join_those_before_it(scene: Scene) -> None:
    stream = scene.open()
    tell(stream, voice(1.5), silence(0.5))
    stream.settle(1.0)
    tell(stream, voice(2.0))

    assert stream.settle(1.0).text == "4 seconds."


def test_where_nobody_speaks_there_is_no_text_and_nothing_is_decoded(scene: Scene) -> None:
    stream = scene.open()
    tell(stream, silence(4.0))

    assert (stream.settle(1.0), scene.network.asked) == (Recognition(""), [])


def test_words_of_a_closed_window_stand_and_are_decoded_once(scene: Scene) -> None:
    stream = scene.open()
    partials = tell(stream, voice(12.0), silence(1.0), voice(12.0), silence(1.0), voice(4.0))

    assert stream.settle(1.0).text == "12 seconds. 18 seconds."
    assert partials[-1].startswith("12 seconds. 1")
    assert [asked for asked in scene.network.asked if asked[1]] == [(12.3, True), (pytest.approx(17.5, abs=0.1), True)]


def test_closed_windows_that_no_slot_was_free_for_are_in_the_final_text(scene: Scene) -> None:
    scene.network.free.clear()
    for _ in range(2):
        scene.slots.submit(scene.network.free.wait)
    stream = scene.open()
    scene.now = 3600.0
    tell(stream, *[voice(12.0), silence(1.0)] * 4)
    scene.network.free.set()

    assert stream.settle(1.0).text == "12 seconds. 13 seconds. 13 seconds. 13 seconds."


def test_a_partial_text_that_loops_is_not_shown(scene: Scene) -> None:
    stream = scene.open()
    tell(stream, voice(1.0))
    scene.network.loops = True

    assert tell(stream, voice(2.0))[-1] == "1 seconds."
    assert stream.settle(1.0).text == "3 seconds."


def test_a_text_on_its_way_that_hears_all_of_the_voice_is_the_final_one(scene: Scene) -> None:
    stream = scene.open()
    scene.now = 3600.0
    scene.network.free.clear()
    tell(stream, voice(0.3), silence(0.7))
    scene.network.free.set()

    assert stream.settle(1.0).text == "1 seconds."
    assert scene.network.asked == [(0.6, False)]


def test_closing_ends_the_wait_for_a_decode_in_flight(scene: Scene) -> None:
    scene.network.free.clear()
    stream = scene.open()
    stream.accept(voice(0.5))
    with ThreadPoolExecutor(1) as thread:
        settled = thread.submit(stream.settle, 60.0)
        while scene.slots.offer(lambda: None):  # until the final text has its slot
            pass
        stream.close()

        with pytest.raises(EngineError):
            settled.result(SOON_S)


@pytest.mark.parametrize("call", [lambda stream: stream.accept(voice(0.1)), lambda stream: stream.settle(1.0)])
def test_a_closed_utterance_takes_nothing(scene: Scene, call: Callable[[WhisperStream], object]) -> None:
    stream = scene.open()
    stream.close()
    stream.close()

    with pytest.raises(EngineError):
        call(stream)


def test_no_words_within_the_time_is_a_timeout(scene: Scene) -> None:
    scene.network.free.clear()
    stream = scene.open()
    stream.accept(voice(0.5))

    with pytest.raises(EngineTimeout):
        stream.settle(-LATE_S)


def test_the_words_that_are_there_stand_when_the_final_ones_are_very_late(scene: Scene) -> None:
    stream = scene.open()
    tell(stream, voice(1.0))
    scene.network.free.clear()
    stream.accept(voice(0.5))

    assert stream.settle(-LATE_S).text == "1 seconds."
