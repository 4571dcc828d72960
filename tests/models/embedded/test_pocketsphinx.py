from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Event
from time import monotonic
from typing import Any

import numpy as np
import pytest

from models.embedded.pocketsphinx import CepstralMean, Heard, PocketSphinx, PocketsphinxStream, create, plain
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition
from pipeline.errors import EngineBusy, EngineError, EngineUnavailable, SettingError
from tests.models.recordings import recording
from tests.speech import NEEDS_POCKETSPHINX

pytestmark = NEEDS_POCKETSPHINX

AMPLE_S = 60.0
SECOND = np.zeros(LINE_RATE, np.int16)


@pytest.fixture(scope="module")
def recognizer() -> Iterator[PocketSphinx]:
    recognizer = create({"processes": 2, "open_wait_s": 0.05})
    yield recognizer
    recognizer.close()


@pytest.fixture
def stream(recognizer: PocketSphinx) -> Iterator[PocketsphinxStream]:
    stream = recognizer.open("en")
    yield stream
    stream.close()


def heard(stream: PocketsphinxStream, pcm: Samples) -> list[str]:
    """The partial texts after each 100 ms."""
    return [stream.accept(pcm[at : at + 1600]) for at in range(0, len(pcm), 1600)]


@pytest.mark.speech
def test_partial_text_grows_while_the_words_are_spoken(stream: PocketsphinxStream) -> None:
    partials = heard(stream, recording("en_goforward.wav").pcm)

    assert partials[3] == ""
    assert any(text.startswith("go") for text in partials[10:15])
    assert partials[-1] == "go forward ten meters"


@pytest.mark.speech
def test_half_a_second_without_any_sound_does_not_spoil_the_words_after_it(stream: PocketsphinxStream) -> None:
    spoken = recording("en_goforward.wav").pcm

    assert heard(stream, np.concatenate([SECOND, spoken]))[-1] == "go forward ten meters"


def test_the_mean_of_a_voice_outlives_digital_silence() -> None:
    noise = np.random.default_rng(1).integers(-3000, 3000, LINE_RATE // 2).astype(np.int16).tobytes()
    mean = CepstralMean()
    learnt = mean.update(noise)
    before = str(mean)
    changed = mean.update(SECOND.tobytes())

    assert (learnt, changed, str(mean)) == (True, False, before)
    assert "nan" not in before


@pytest.mark.speech
def test_settling_hears_the_whole_utterance_again_and_leaves_it_open(stream: PocketsphinxStream) -> None:
    pcm = recording("en_pauses_4turns.wav").pcm
    turn = pcm[int(7.35 * LINE_RATE) : int(10.14 * LINE_RATE)]
    heard(stream, turn[:LINE_RATE])
    begun = stream.settle(AMPLE_S)
    heard(stream, turn[LINE_RATE:])
    whole = stream.settle(AMPLE_S)

    assert begun.text.startswith("go")
    assert (whole.text, whole.language) == ("go forward ten meters", "en")


@pytest.mark.speech
@pytest.mark.parametrize("budget_s", [AMPLE_S, 0.0], ids=["second pass", "streaming pass"])
def test_words_are_told_when_they_sound(stream: PocketsphinxStream, budget_s: float) -> None:
    spoken = recording("en_goforward.wav").pcm
    heard(stream, np.concatenate([SECOND, spoken]))
    words = stream.settle(budget_s).words

    assert [word.text for word in words] == ["go", "forward", "ten", "meters"]
    edges = [edge for word in words for edge in (word.start_ms, word.end_ms)]
    assert edges == sorted(edges)
    assert edges[0] == pytest.approx(1_450, abs=150)
    assert edges[-1] == pytest.approx(3_150, abs=250)


@pytest.mark.speech
def test_without_time_for_it_the_streaming_text_stands(stream: PocketsphinxStream) -> None:
    partials = heard(stream, recording("en_cards_001.wav").pcm[:LINE_RATE])
    began = monotonic()

    assert stream.settle(0.0).text == partials[-1]
    assert monotonic() - began < 0.1


@pytest.mark.speech
def test_two_utterances_at_once_do_not_mix(recognizer: PocketSphinx, stream: PocketsphinxStream) -> None:
    one, other = recording("en_goforward.wav").pcm, recording("en_austen_0880.wav").pcm
    with closing(recognizer.open()) as second:
        for at in range(0, max(len(one), len(other)), 1600):  # the shorter one ends in empty pieces
            texts = stream.accept(one[at : at + 1600]), second.accept(other[at : at + 1600])

    assert texts[0] == "go forward ten meters"
    assert "young man" in texts[1]


def test_no_audio_is_no_text(stream: PocketsphinxStream) -> None:
    assert stream.settle(AMPLE_S) == Recognition("", "en")


def test_when_every_process_is_in_use_it_is_busy_until_one_is_closed(recognizer: PocketSphinx) -> None:
    with ExitStack() as streams:
        last = [streams.enter_context(closing(recognizer.open())) for _ in range(2)][-1]
        with pytest.raises(EngineBusy):
            recognizer.open()

        last.close()
        streams.enter_context(closing(recognizer.open()))


@pytest.mark.speech
def test_closing_during_a_call_ends_it_and_frees_the_process() -> None:
    recognizer = create({"processes": 1})
    stream = recognizer.open()
    stream.accept(recording("en_libri_1995.wav").pcm[: 2 * LINE_RATE])
    with ThreadPoolExecutor() as pool:
        settled = pool.submit(stream.settle, AMPLE_S)
        stream.close()
        began = monotonic()
        assert settled.exception(timeout=5) is None or isinstance(settled.exception(), EngineError)

    assert monotonic() - began < 0.5
    recognizer.open().close()
    recognizer.close()


def test_creating_does_not_wait_and_closing_ends_everything() -> None:
    began = monotonic()
    recognizer = create({})
    made_s = monotonic() - began
    stream = recognizer.open("en")
    recognizer.close()

    assert made_s < 0.5
    with pytest.raises(EngineError):
        stream.accept(SECOND)
    with pytest.raises(EngineError, match="closed"):
        recognizer.open()


def test_other_languages_are_refused(recognizer: PocketSphinx) -> None:
    with pytest.raises(EngineUnavailable, match="English"):
        recognizer.open("zh")


@pytest.mark.parametrize("settings", [{"doors": 2}, {"processes": 0}])
def test_wrong_settings_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(SettingError):
        create(settings)


def test_marks_and_pronunciations_are_not_words() -> None:
    assert plain("<s> read(2) <sil> [NOISE] ++UM++ the book </s>") == "read the book"


class Echo:
    """A child that answers at once, or when it may."""

    def __init__(self) -> None:
        self.called, self.may_answer = Event(), Event()
        self.may_answer.set()

    def call(self, method: str, *args: Any, timeout_s: float) -> str | list[Any]:
        self.called.set()
        self.may_answer.wait(5)
        return [] if method == "words" else "streaming text"


class Asked:
    """A second pass that tells how many seconds of audio it got."""

    def submit(self, pcm: bytes, budget_s: float, report: Callable[[Heard | None], None]) -> bool:
        report((f"{len(pcm) / 2 / LINE_RATE:g} s", []))
        return True


def test_a_call_in_flight_keeps_the_process_until_it_ends() -> None:
    child, returned = Echo(), []
    child.may_answer.clear()
    stream = PocketsphinxStream(child, returned.append, Asked())
    with ThreadPoolExecutor() as pool:
        accepted = pool.submit(stream.accept, SECOND)
        child.called.wait(5)
        stream.close()
        returned_while_busy = list(returned)
        child.may_answer.set()
        accepted.result(5)
    stream.close()

    assert (returned_while_busy, returned) == ([], [child])


def test_beyond_a_minute_only_the_streaming_text_is_left() -> None:
    stream = PocketsphinxStream(Echo(), lambda child: None, Asked())
    for _ in range(60):
        stream.accept(SECOND)
    minute = stream.settle(1)
    stream.accept(SECOND)

    assert [minute.text, stream.settle(1).text] == ["60 s", "streaming text"]


def test_a_closed_utterance_takes_nothing() -> None:
    stream = PocketsphinxStream(Echo(), lambda child: None, Asked())
    stream.close()

    with pytest.raises(EngineError):
        stream.accept(SECOND)
