"""Long recordings are cut at their pauses, and everything in them is recognised once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from models.stub import StubRecognizer
from models.stub import create_recognizer as stub_recognizer
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conversation.limits import RecognitionLimits
from pipeline.engines import registry
from pipeline.engines.protocols import EngineInfo, Recognition, RecognizerStream, VoiceDetector, VoiceStream, WordTime
from pipeline.engines.workers import Workers
from pipeline.errors import EngineBusy, EngineTimeout
from server.audio.hearing import LONG_MS, PAUSES, RecordedUtterance, RecordingTranscriber, Segment, Segmenter
from server.audio.job_slots import Throttle
from tests.models.recordings import recording
from tests.speech import sentence, silence

WINDOW = 512
LIMITS = RecognitionLimits(settle_s=0.45)


class Levels:
    """A detector that takes any sound for a voice."""

    info = EngineInfo("levels", "voice_detector")
    window = WINDOW

    def open(self) -> VoiceStream:
        return self

    def probability(self, window: Samples) -> float:
        return float(np.abs(window).max() > 100)

    def close(self) -> None: ...


def sound(seconds: float) -> Samples:
    return np.full(int(seconds * LINE_RATE) // WINDOW * WINDOW, 1_000, np.int16)


def quiet(seconds: float) -> Samples:
    return np.zeros(int(seconds * LINE_RATE) // WINDOW * WINDOW, np.int16)


def utterances(pcm: Samples, detector: VoiceDetector | None = None, piece: int = LINE_RATE) -> list[RecordedUtterance]:
    segmenter = Segmenter(detector or Levels())
    pieces = (pcm[at : at + piece] for at in range(0, len(pcm), piece))
    slices = [found for piece in pieces for found in segmenter.push_audio(piece)] + [*segmenter.finish()]
    return [found for found in slices if found]


def seconds(found: list[RecordedUtterance]) -> list[tuple[float, float]]:
    return [(round(each.start / LINE_RATE, 2), round(each.end / LINE_RATE, 2)) for each in found]


# --- Cutting -------------------------------------------------------------------------------------------------------------


def test_utterances_begin_and_end_where_the_voice_does() -> None:
    pcm = np.concatenate([quiet(1), sound(2), quiet(1), sound(3), quiet(1)])
    assert seconds(utterances(pcm)) == [(0.99, 2.98), (3.97, 6.94)]


def test_the_recogniser_hears_a_little_more_on_both_sides() -> None:
    one = utterances(np.concatenate([quiet(1), sound(2), quiet(1)]))[0]
    assert one.at < one.start - 0.25 * LINE_RATE
    assert one.at + len(one.pcm) > one.end + 0.25 * LINE_RATE


@pytest.mark.parametrize("piece", [100, WINDOW, 5_000, 10 * LINE_RATE])
def test_it_does_not_matter_how_the_recording_comes(piece: int) -> None:
    pcm = np.concatenate([quiet(1), sound(2), quiet(1), sound(3)])
    assert seconds(utterances(pcm, piece=piece)) == seconds(utterances(pcm))


def test_a_recording_may_begin_and_end_in_the_middle_of_a_word() -> None:
    found = utterances(sound(2.0))
    assert seconds(found) == [(0.0, 1.98)]


def test_silence_holds_no_utterance() -> None:
    assert utterances(quiet(5)) == []


def test_a_long_utterance_ends_at_a_short_pause() -> None:
    long = LONG_MS / 1000 + 1
    pcm = np.concatenate([quiet(1), sound(long), quiet(0.25), sound(2), quiet(1)])
    assert len(utterances(pcm)) == 2
    assert len(utterances(np.concatenate([quiet(1), sound(4), quiet(0.25), sound(2), quiet(1)]))) == 1


def test_speech_without_any_pause_is_cut_and_none_of_it_is_lost() -> None:
    found = utterances(np.concatenate([quiet(1), sound(75), quiet(1)]))
    longest = PAUSES.longest_ms / 1000
    assert len(found) == 3
    assert all(each.end - each.start <= (longest + 0.1) * LINE_RATE for each in found)
    assert [before.end for before in found[:-1]] == [after.start for after in found[1:]]


@pytest.mark.speech
def test_a_real_recording_is_cut_where_people_pause() -> None:
    clip = recording("en_pauses_4turns.wav")
    detector = registry.create("voice_detector", "silero")
    found = utterances(clip.pcm, detector)
    # The bounds are those of the files that it was put together from, which have some silence of their own.
    assert len(found) == 4
    for each, (start, end) in zip(found, clip.bounds(), strict=True):
        assert start - 1_600 <= each.start < start + LINE_RATE
        assert end - LINE_RATE < each.end <= end + 1_600


# --- Recognition ---------------------------------------------------------------------------------------------------------


class Listener:
    """A recogniser that says how much it heard, and where in it; the first `busy` attempts find it busy."""

    info = EngineInfo("listener", "recognizer", ("en",), LINE_RATE, times_words=True)

    def __init__(self, busy: int = 0) -> None:
        self.busy, self.open_streams, self.budgets = busy, 0, list[float]()

    def open(self, language: str = "") -> RecognizerStream:
        if self.busy:
            self.busy -= 1
            raise EngineBusy("All are taken.", engine="listener")
        self.open_streams += 1
        return _Listening(self)

    def close(self) -> None: ...


class _Listening:
    def __init__(self, by: Listener) -> None:
        self._by, self._heard = by, 0

    def accept(self, pcm: Samples) -> str:
        self._heard += len(pcm)
        return ""

    def settle(self, budget_s: float) -> Recognition:
        self._by.budgets.append(budget_s)
        return Recognition(f"{self._heard / LINE_RATE:.1f}", "en", words=(WordTime("word", 300, 600),))

    def close(self) -> None:
        self._by.open_streams -= 1


@pytest_asyncio.fixture
async def workers() -> AsyncIterator[Workers]:
    made = Workers(4)
    yield made
    made.close()


async def cut(pcm: Samples) -> AsyncGenerator[Samples, None]:
    for at in range(0, len(pcm), LINE_RATE):
        yield pcm[at : at + LINE_RATE]


def hearing(recognizer: Listener | StubRecognizer, workers: Workers, *, talking: bool = False) -> RecordingTranscriber:
    return RecordingTranscriber(Levels(), recognizer, workers, Throttle(lambda: talking), LIMITS)


async def heard(by: RecordingTranscriber, pcm: Samples) -> list[Segment]:
    return [segment async for segment in by.segments(cut(pcm), Segmenter(by.detector), "en")]


TWO = np.concatenate([quiet(1), sound(2), quiet(1), sound(3), quiet(1)])


async def test_words_are_timed_from_the_beginning_of_the_recording(workers: Workers) -> None:
    listener = Listener()
    segments = await heard(hearing(listener, workers), TWO)
    assert [(segment.start_ms, segment.end_ms) for segment in segments] == [(992, 2976), (3968, 6944)]
    # The recogniser says 300 ms, as long as the sound before the voice.
    assert [segment.words[0].start_ms for segment in segments] == pytest.approx([992, 3968], abs=40)
    assert listener.open_streams == 0


class ListenerToRecordings(Listener):
    """One that does otherwise with them."""

    recordings = 0

    def open_recording(self, language: str = "") -> RecognizerStream:
        self.recordings += 1
        return self.open(language)


async def test_a_recogniser_is_told_that_it_hears_a_recording_if_it_wants_to_know(workers: Workers) -> None:
    listener = ListenerToRecordings()
    await heard(hearing(listener, workers), TWO)

    assert listener.recordings == 2


async def test_a_busy_recogniser_is_waited_for(workers: Workers) -> None:
    assert len(await heard(hearing(Listener(busy=1), workers), TWO)) == 2


class Hanging(Listener):
    """Never opens an utterance, or never takes a piece of one."""

    def __init__(self, opens: bool) -> None:
        super().__init__()
        self._opens = opens

    async def open(self, language: str = "") -> RecognizerStream:  # type: ignore[override]
        return self if self._opens else await self.accept(language)

    async def accept(self, _what: object) -> Any:
        await asyncio.Event().wait()


@pytest.mark.parametrize("opens", [False, True])
async def test_a_recogniser_may_hang_no_longer_than_in_a_conversation(workers: Workers, opens: bool) -> None:
    by = replace(hearing(Hanging(opens), workers), limits=RecognitionLimits(open_s=0.05, stall_s=0.05))
    with pytest.raises(EngineTimeout):
        await heard(by, TWO)


async def test_beside_a_conversation_a_file_has_no_more_time_for_its_final_words(workers: Workers) -> None:
    alone, beside, at_the_end_only = Listener(), Listener(), Listener()
    at_the_end_only.info = replace(Listener.info, streams=False)
    await heard(hearing(alone, workers), TWO)
    await heard(hearing(beside, workers, talking=True), TWO)
    await heard(hearing(at_the_end_only, workers, talking=True), TWO)
    assert (alone.budgets, beside.budgets, at_the_end_only.budgets) == ([10.0] * 2, [0.45] * 2, [10.0] * 2)


async def test_giving_up_frees_the_recogniser(workers: Workers) -> None:
    recognizer = stub_recognizer({"settle_ms": 5_000})
    segments = hearing(recognizer, workers).segments(cut(TWO), Segmenter(Levels()), "en")
    waiting = asyncio.ensure_future(anext(segments))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    await segments.aclose()


async def test_a_recording_of_a_sentence_is_one_segment(workers: Workers) -> None:
    pcm = np.concatenate([silence(0.5), sentence(), silence(0.5)])
    by = RecordingTranscriber(
        registry.create("voice_detector", "silero"), Listener(), workers, Throttle(lambda: False), LIMITS
    )
    segments = await heard(by, pcm)
    assert len(segments) == 1
    assert segments[0].end_ms - segments[0].start_ms > 0.6 * len(sentence()) / LINE_RATE * 1000
