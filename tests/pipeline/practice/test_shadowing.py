"""A sentence beside what was heard of it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engines.protocols import WordTime
from pipeline.practice.shadowing import Shadowed, shadowed
from pipeline.practice.speech import Span, SpokenTurn
from pipeline.practice.timing import spoken_turn

LETTER_MS = 60


def turn(text: str, *, at: int = 0, pause_after: str = "", pause_ms: int = 0) -> SpokenTurn:
    """Somebody who says one letter in 60 ms, and pauses behind a word."""
    words: list[WordTime] = []
    voiced: list[tuple[int, int]] = []
    since = now = at
    for word in text.split():
        length = LETTER_MS * len(word)
        words.append(WordTime(word, now, now + length))
        now += length
        if word == pause_after:
            voiced.append((since, now))
            since = now = now + pause_ms
    voiced.append((since, now))
    return spoken_turn("", text, "en", Span(0, now + 300), words=words, voiced=voiced)


def repeated(text: str, heard: str, **more: object) -> Shadowed:
    return shadowed(text, turn(text).words, turn(heard), lambda _word: 1, **more)  # type: ignore[arg-type]


def told(result: Shadowed) -> str:
    """Words that were matched as they are, others with what they were taken for, missed ones in brackets."""
    marks = {"matched": "{0.text}", "other": "{0.text}={0.heard}", "missed": "({0.text})"}
    return " ".join(marks[word.state].format(word) for word in result.words)


@pytest.mark.parametrize(
    ("text", "heard", "expected", "extras"),
    [
        ("I'd like a coffee, please.", "i'd like a coffee please", "I'd like a coffee please", []),
        ("I'd like a coffee, please.", "I would like a coffee please", "I'd like a coffee please", []),
        ("I would like one.", "I'd like one", "I would like one", []),
        ("I'd like a coffee, please.", "I like a copy please", "I'd=I like a coffee=copy please", []),
        ("I'd like a coffee, please.", "like a coffee", "(I'd) like a coffee (please)", []),
        ("A coffee please.", "um a a coffee please", "A coffee please", ["um", "a"]),
        ("It costs $20.", "it costs twenty dollars", "It costs 20", []),
        ("It costs twenty dollars.", "it costs 20", "It costs twenty (dollars)", []),
        ("In 1984 it was 20% off.", "in nineteen eighty four it was twenty percent off", "In 1984 it was 20 off", []),
        ("Every day there is ice cream.", "everyday their is icecream", "Every day there is ice cream", []),
        ("Hello.", "", "(Hello)", []),
        ("我想喝20杯茶。", "我想喝二十杯茶", "我 想 喝 20 杯 茶", []),
        ("我要二十个。", "我要20个", "我 要 二 十 个", []),
        ("我要茶。", "我药茶", "我 要=药 茶", []),
    ],
)
def test_words_are_matched_taken_for_others_or_missed(text: str, heard: str, expected: str, extras: list[str]) -> None:
    result = repeated(text, heard)

    assert told(result) == expected
    assert [extra.text for extra in result.extras] == extras


def test_words_that_sound_the_same_are_understood_where_a_key_of_sounds_is_given() -> None:
    pinyin = {"他": "ta1", "她": "ta1", "在": "zai4", "再": "zai4", "家": "jia1"}

    def sounds(words: Sequence[str]) -> list[str]:
        return [pinyin.get(word, "") for word in words]

    assert told(repeated("她在家。", "他再家", sounds=sounds)) == "她 在 家"
    assert told(repeated("她在家。", "他再家")) == "她=他 在=再 家"


def test_both_lines_of_time_begin_with_the_voice() -> None:
    text = "I need a ticket"
    model, heard = turn(text, at=500), turn("I need a ticket", at=2_000, pause_after="need", pause_ms=700)

    result = shadowed(text, model.words, heard, len, model=model)

    assert [word.model and word.model.start_ms for word in result.words] == [0, 60, 300, 360]
    assert [word.person and word.person.start_ms for word in result.words] == [0, 60, 1_000, 1_060]
    assert result.model is not None
    assert (result.person.pauses, result.model.pauses) == ([Span(300, 1_000)], [])
    assert (result.person.length_ms, result.model.length_ms) == (1_420, 720)
    assert (result.person.units, result.person.per_s) == (12, pytest.approx(12 / 1.42))
    assert result.understood == 4


def test_nothing_heard_is_every_word_missed_and_no_pace() -> None:
    result = shadowed("Hello there", turn("Hello there").words, turn(""), len)

    assert [word.state for word in result.words] == ["missed", "missed"]
    assert (result.person.units, result.person.per_s, result.model) == (0, 0.0, None)


def test_a_long_sentence_of_one_word_is_laid_beside_another_at_once() -> None:
    began = time.process_time()

    result = repeated(" ".join(["好"] * 300), " ".join(["号"] * 200))

    assert len(result.words) == 300
    assert time.process_time() - began < 3


_SAID = st.lists(
    st.sampled_from(["I'd", "would", "like", "20", "twenty", "there", "their", "好", "号", "a"]), max_size=12
)


@given(_SAID, _SAID)
@settings(max_examples=60)
def test_each_word_of_both_is_told_once_and_in_order(text: list[str], heard: list[str]) -> None:
    result = repeated(" ".join(text), " ".join(heard))

    assert [word.text for word in result.words] == [word.text for word in turn(" ".join(text)).words]
    assert all((word.person is None) == (word.state == "missed") for word in result.words)
    starts = [word.person.start_ms for word in result.words if word.person]
    assert starts == sorted(starts)


@given(_SAID)
def test_the_sentence_itself_is_understood_whole(text: list[str]) -> None:
    result = repeated(" ".join(text), " ".join(text))

    assert result.understood == len(result.words)
    assert result.extras == []
