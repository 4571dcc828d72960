import pytest

from pipeline.interruption import means_to_interrupt, same_words


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "…",
        "。",
        "?!",
        "Mhm.",
        "Mm-hmm.",
        "Uh-huh!",
        "OK",
        "Yeah, right.",
        "Oh, I see.",
        "Really? Wow!",
        "嗯",
        "嗯，嗯。",
        "哦，是的。",
        "对对",
        "好的。",
        "原来如此！",
        "ｏｋ，嗯",
    ],
)
def test_a_listeners_noise_does_not_take_the_floor(text: str) -> None:
    assert means_to_interrupt(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "Stop.",
        "No.",
        "Wait, wait.",
        "Yes, but why?",
        "I don't think so.",
        "OK, next question.",
        "Yeah, okay, right, sure.",
        "2",
        "等一下。",
        "不对。",
        "停！",
        "好，换个话题。",
        "嗯，我不这么认为。",
        "对，嗯，好，行。",
        "好的stop",
    ],
)
def test_real_words_take_the_floor(text: str) -> None:
    assert means_to_interrupt(text) is True


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("", "", True),
        ("", "。", True),
        ("hello there", "Hello, there!", True),
        ("I don't know", "i dont know.", True),
        ("  so   what ", "So what?", True),
        ("今天天气怎么样", "今天天气怎么样？", True),
        ("１２３ ＡＢＣ", "123 abc", True),
        ("café", "cafe\u0301", True),
        ("今天 天气 怎么样", "今天天气怎么样", True),
        ("今天天气怎么样", "今天，天气怎么样？", True),
        ("", "hello", False),
        ("hello", "hello there", False),
        ("one two", "two one", False),
        ("for you", "four you", False),
        ("今天天气怎么样", "明天天气怎么样", False),
        ("two", "2", False),
    ],
)
def test_texts_are_the_same_up_to_case_punctuation_and_spacing(one: str, other: str, same: bool) -> None:
    assert (same_words(one, other), same_words(other, one)) == (same, same)
