from __future__ import annotations

import pytest

from pipeline.conversation.summary import SummarySentence
from pipeline.prompt.extract import extracted, sentences_of, size_of

TALK = [
    ("a", "Hello there! My name is Ada. How are you?"),
    ("b", "Yes, I see."),
    ("c", "I live in Porto with my sister Mia. Her wedding is on the 12th of June."),
    ("d", "I don't like coffee at all, and I'm allergic to nuts."),
    ("e", "Would you like to hear a story about trees?"),
    ("f", "你好呀。我叫小林，在杭州工作。你呢？"),
    ("g", "嗯，是的。我妹妹下个月十二号结婚。"),
    ("h", "Remember that the door code is 4711."),
]
TOLD = [
    ("My name is Ada.", "a"),
    ("I live in Porto with my sister Mia.", "c"),
    ("Her wedding is on the 12th of June.", "c"),
    ("I don't like coffee at all, and I'm allergic to nuts.", "d"),
    ("我叫小林，在杭州工作。", "f"),
    ("我妹妹下个月十二号结婚。", "g"),
    ("Remember that the door code is 4711.", "h"),
]


def said() -> list[SummarySentence]:
    return [sentence for id, text in TALK for sentence in sentences_of(text, id)]


def test_what_a_person_tells_of_themselves_is_kept_and_small_talk_is_not() -> None:
    assert extracted(said(), 500) == [SummarySentence(text, (id,)) for text, id in TOLD]


def test_where_not_all_fits_what_tells_most_is_kept_in_its_order() -> None:
    kept = [sentence.text for sentence in extracted([each for each in said() if each.text.isascii()], 40)]

    assert kept == ["My name is Ada.", "I live in Porto with my sister Mia.", "Remember that the door code is 4711."]


@pytest.mark.parametrize("tokens", [0, 12, 25, 60, 500])
def test_the_sentences_that_are_kept_fit_into_the_tokens(tokens: int) -> None:
    assert sum(map(size_of, extracted(said(), tokens))) <= tokens


def test_what_is_said_twice_is_kept_once_with_both_places() -> None:
    twice = [*sentences_of("My name is Ada.", "a"), *sentences_of("my name is Ada!", "b")]

    assert extracted(twice, 100) == [SummarySentence("my name is Ada!", ("a", "b"))]
