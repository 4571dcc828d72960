import pytest

from pipeline.turns.interruption import SHORT_MS, SHORT_SOFT_MS, SURE_MS, Sound, Verdict, judge, same_words

ECHOING = Sound(voiced_ms=400, echo=0.8)


@pytest.mark.parametrize(
    "text",
    [
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
    assert judge(text, Sound(), final=True) is Verdict.BACKCHANNEL


@pytest.mark.parametrize("text", ["", " ", "…", "。", "?!"])
def test_without_words_it_was_a_noise(text: str) -> None:
    assert judge(text, Sound(), final=True) is Verdict.NOISE


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
    assert judge(text, Sound(), final=True) is Verdict.INTERRUPTION


@pytest.mark.parametrize(
    ("text", "sound", "verdict"),
    [
        ("Paris", Sound(voiced_ms=SHORT_MS), Verdict.NOISE),
        ("Paris", Sound(voiced_ms=SHORT_MS + 1), Verdict.INTERRUPTION),
        ("the flood", Sound(voiced_ms=SHORT_SOFT_MS, soft=True), Verdict.NOISE),
        ("the flood", Sound(voiced_ms=SHORT_SOFT_MS + 1, soft=True), Verdict.INTERRUPTION),
        ("stop", Sound(voiced_ms=200, soft=True), Verdict.INTERRUPTION),
        ("等一下", Sound(voiced_ms=200, soft=True), Verdict.INTERRUPTION),
        ("yeah", Sound(left_ms=3_000), Verdict.BACKCHANNEL),
        ("yeah", Sound(left_ms=400), Verdict.INTERRUPTION),
        ("the keeper", Sound(echo=0.61), Verdict.ECHO),
        ("the keeper", Sound(echo=0.59), Verdict.INTERRUPTION),
        ("the keeper", Sound(echo=0.31, said=0.7), Verdict.ECHO),
        ("the keeper", Sound(echo=0.29, said=1.0), Verdict.INTERRUPTION),
        ("stop", ECHOING, Verdict.ECHO),
        ("yeah", ECHOING, Verdict.ECHO),
        ("", ECHOING, Verdict.ECHO),
    ],
)
def test_the_sound_decides_where_words_do_not(text: str, sound: Sound, verdict: Verdict) -> None:
    assert judge(text, sound, final=True) is verdict


@pytest.mark.parametrize(
    ("text", "sound", "verdict"),
    [
        ("but wait", Sound(voiced_ms=SURE_MS), Verdict.INTERRUPTION),
        ("but wait", Sound(voiced_ms=SURE_MS - 1), None),
        ("yeah", Sound(), None),
        ("", Sound(), None),
        ("the keeper", Sound(echo=0.8), None),
    ],
)
def test_words_that_may_change_are_believed_only_when_they_interrupt_at_length(
    text: str, sound: Sound, verdict: Verdict | None
) -> None:
    assert judge(text, sound, final=False) is verdict


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
