from typing import get_args

import pytest

from models.rich_text import EMOTIONS, joined, recognition_of
from pipeline.engines import Recognition
from pipeline.styles import Emotion


def test_tags_become_fields_and_leave_the_text() -> None:
    tagged = "<|zh|><|ANGRY|><|Laughter|><|withitn|>你怎么又迟到了？"

    assert recognition_of([tagged]) == Recognition("你怎么又迟到了？", "zh", "angry", ("laughter",))


@pytest.mark.parametrize("tags", ["<|nospeech|><|EMO_UNKNOWN|><|Event_UNK|><|woitn|>", "<|en|><|NEUTRAL|><|Speech|>"])
def test_what_it_does_not_know_and_what_is_ordinary_stays_empty(tags: str) -> None:
    heard = recognition_of([tags + "yes"])

    assert (heard.text, heard.emotion, heard.sounds) == ("yes", "", ())


def test_of_several_pieces_those_tags_count_that_most_was_said_with() -> None:
    pieces = ["<|en|><|SAD|><|Cry|>oh", "<|zh|><|HAPPY|><|BGM|>我们明天一起去看电影吧。", "<|zh|><|NEUTRAL|><|Cry|>好"]

    assert recognition_of(pieces) == Recognition("oh 我们明天一起去看电影吧。好", "zh", "happy", ("crying", "music"))


def test_a_laugh_without_words_is_still_heard() -> None:
    assert recognition_of(["<|nospeech|><|HAPPY|><|Laughter|><|withitn|>"]) == Recognition(
        "", "", "happy", ("laughter",)
    )


def test_nothing_heard_is_nothing() -> None:
    assert recognition_of([]) == Recognition("")


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("", "yes", "yes"),
        ("你好。", "世界", "你好。世界"),
        ("good", "morning", "good morning"),
        ("你好", "hi", "你好 hi"),
    ],
)
def test_pieces_are_joined_as_their_script_is_written(before: str, after: str, whole: str) -> None:
    assert joined(before, after) == whole


def test_emotions_are_those_that_voices_know() -> None:
    assert set(EMOTIONS.values()) <= set(get_args(Emotion))
