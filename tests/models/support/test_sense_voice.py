import pytest

from models.support.sense_voice import joined, merged, recognition
from pipeline.engines.protocols import Recognition


@pytest.mark.parametrize(
    ("tagged", "meant"),
    [
        (
            "<|zh|><|HAPPY|><|Laughter|><|withitn|>你好，今天 25 度。",
            Recognition("你好，今天 25 度。", "zh", "happy", ("laughter",)),
        ),
        ("<|en|><|FEARFUL|><|Speech|><|woitn|>who is there", Recognition("who is there", "en", "afraid")),
        ("<|yue|><|NEUTRAL|><|BGM|>", Recognition("", "yue", "", ("music",))),
        ("<|ja|><|EMO_UNKNOWN|><|Event_UNK|>こんにちは", Recognition("こんにちは", "ja")),
        ("<|nospeech|><|SAD|><|Cough|>", Recognition("", "", "sad", ("coughing",))),
        ("plain words", Recognition("plain words")),
        ("one <|Cry|> two <|Cry|> three", Recognition("one two three", sounds=("crying",))),
    ],
)
def test_tags_become_what_we_know_of_an_utterance(tagged: str, meant: Recognition) -> None:
    assert recognition(tagged) == meant


def test_of_an_utterance_in_pieces_those_tags_count_that_most_was_said_with() -> None:
    pieces = ["<|en|><|SAD|><|Cry|>oh", "<|zh|><|HAPPY|><|BGM|>我们明天一起去看电影吧。", "<|zh|><|NEUTRAL|><|Cry|>好"]

    assert merged([recognition(piece) for piece in pieces]) == Recognition(
        "oh 我们明天一起去看电影吧。好", "zh", "happy", ("crying", "music")
    )


@pytest.mark.parametrize("tagged", ["<|nospeech|><|HAPPY|><|Laughter|>", "<|en|><|NEUTRAL|><|Speech|>yes"])
def test_a_single_piece_is_what_it_is(tagged: str) -> None:
    assert merged([recognition(tagged)]) == recognition(tagged)


def test_no_pieces_are_nothing() -> None:
    assert merged([]) == Recognition("")


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
