"""Whatever the times and the text are: measures are numbers, quotes are what was said, and an hour takes no second."""

from __future__ import annotations

import math
from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.practice.measures.measures import measured
from pipeline.practice.measures.vocabulary.vocabulary import vocabulary_of
from pipeline.practice.speech import Span, Spoken, SpokenTurn, TimedWord
from tests.pipeline.practice.measures.saying import saying

TIMES = st.integers(-5_000, 100_000)
WORDS = st.sampled_from(
    "um I I'm you know like th- the very 嗯 那个 我 们 就 是 Python 2024 ́ ½ ß \u202e \x00 , . 。 😀".split(" ")
)


@st.composite
def hostile_turns(draw: st.DrawFn) -> SpokenTurn:
    texts = draw(st.lists(WORDS | st.text(max_size=6), max_size=40))
    text, words = "", list[TimedWord]()
    for one in texts:
        at = draw(st.sampled_from([len(text), len(text), len(text), -3, 10**6]))
        words.append(TimedWord(one, at, draw(TIMES), draw(TIMES)))
        text += one + draw(st.sampled_from(["", " ", ". "]))
    voiced = draw(st.lists(st.builds(Span, TIMES, TIMES), max_size=8))
    language = draw(st.sampled_from(["en", "zh", "en-GB", "fr", ""]))
    asked = draw(st.none() | TIMES)
    return SpokenTurn(
        draw(st.text(max_size=3)), text, language, draw(TIMES), draw(TIMES), voiced, words, draw(st.booleans()), asked
    )


@given(st.lists(hostile_turns(), max_size=5), TIMES)
@settings(max_examples=60, deadline=None)
def test_whatever_was_heard_measures_are_numbers_and_quotes_are_what_was_said(
    turns: list[SpokenTurn], character_ms: int
) -> None:
    spoken = Spoken(turns, character_ms)
    measures = measured(spoken, known_words=["the"])
    texts = {turn.line_id: [t.text for t in turns if t.line_id == turn.line_id] for turn in turns}

    for one in measures:
        assert (one.value is None) == bool(one.missing), one.id
        assert one.value is None or (math.isfinite(one.value) and one.value >= 0), one
        assert len(one.clips) <= 20
        for clip in one.clips:
            assert clip.end_ms >= clip.start_ms
            assert any(clip.quote in text for text in texts[clip.line_id])
    vocabulary_of(spoken)


def test_one_word_is_measured_without_a_rate() -> None:
    measures = {one.id: one for one in measured(Spoken([saying("yes")]))}

    assert [id for id, one in measures.items() if one.value is not None] == ["monologue", "new_words"]


def test_an_hour_of_speech_takes_less_than_a_second_of_a_processor() -> None:
    line = "well I think /400/ we went there, um, because the the shop was closed /300/ and you know it was late "
    turns = [saying(line * 10, at=n * 60_000) for n in range(60)]
    measured(Spoken(turns[:1]))

    began = process_time()
    measured(Spoken(turns, 1_000_000))

    assert process_time() - began < 1
