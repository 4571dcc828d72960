import pytest

from models.sense_voice import recognition
from pipeline.engines import Recognition


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
