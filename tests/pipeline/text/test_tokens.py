"""How many tokens a text is, and what is left of one that is too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.tokens import cut_to, fitted, tokens_of

COUNTED = [
    ("My name is Ada and I live in Porto with my sister Mia.", 15, 14, 14),
    ("The wedding is on the twelfth of June, at half past three.", 19, 15, 15),
    ("I have been learning Mandarin for about two years now, mostly in the evenings.", 18, 16, 16),
    ("What would you say if somebody asked you whether stones can think?", 14, 13, 13),
    ("我叫小林，今年二十八岁，在杭州做设计师。", 27, 14, 16),
    ("我妹妹下个月十二号结婚，我还没想好送什么礼物。", 26, 16, 20),
    ("你觉得一个人住在大城市里会不会孤独？", 19, 8, 13),
    ("我不吃辣，也不太喜欢喝咖啡，早上一般喝茶。", 26, 14, 21),
]
"""Sentences with the tokens that the vocabularies of Whisper, Qwen and Llama 3 make of them."""


@pytest.mark.parametrize(("text", "qwen", "llama"), [(text, qwen, llama) for text, _, qwen, llama in COUNTED])
def test_the_estimate_is_no_lower_than_what_chat_models_count(text: str, qwen: int, llama: int) -> None:
    assert max(qwen, llama) <= tokens_of(text) <= 3 * min(qwen, llama)


@pytest.mark.parametrize("of", [slice(0, 4), slice(4, 8)], ids=["English", "Chinese"])
def test_over_several_sentences_it_is_no_lower_than_a_small_vocabulary_counts(of: slice) -> None:
    rows = COUNTED[of]

    assert sum(tokens_of(text) for text, *_ in rows) >= sum(whisper for _, whisper, *_ in rows)


def test_nothing_is_no_token_and_emoji_are_several() -> None:
    assert (tokens_of(""), tokens_of("  "), tokens_of("😀")) == (0, 0, 3)


CUT = {
    "whole": ("One. Two.", 10, "One. Two."),
    "at a sentence": ("One is here. Two is there. Three is nowhere.", 10, "One is here. Two is there."),
    "in Chinese": ("我来了。我看见了。我走了。", 12, "我来了。我看见了。"),
    "within the only sentence": ("a long sentence without any end", 5, "a long sentence"),
    "within the only word": ("antidisestablishmentarianism", 3, "ant"),
    "within a sentence in Chinese": ("我来了我看见了我走了", 5, "我来"),
    "nothing": ("word", 0, ""),
    "not at a decimal point": ("It is 3.14159265 metres long and wide.", 13, "It is 3.14159265"),
}


@pytest.mark.parametrize(("text", "tokens", "expected"), CUT.values(), ids=CUT)
def test_a_text_is_cut_at_the_end_of_a_sentence(text: str, tokens: int, expected: str) -> None:
    assert cut_to(text, tokens) == expected


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=80), max_size=5), st.integers(-5, 60))
def test_texts_that_are_fitted_take_no_more_than_there_is(texts: dict[str, str], tokens: int) -> None:
    parts = fitted(texts, tokens)

    assert sum(map(tokens_of, parts.values())) <= max(0, tokens)
    assert all(text.startswith(parts[name]) or parts[name] in text for name, text in texts.items())
    if sum(map(tokens_of, texts.values())) <= tokens:
        assert parts == texts


def test_texts_of_one_length_give_alike() -> None:
    assert fitted({"one": "000", "other": "000"}, 5) == {"one": "00", "other": "00"}


def test_of_several_texts_the_longest_is_cut_first() -> None:
    parts = fitted({"short": "One. Two.", "long": "A sentence. " * 100}, 40)

    assert parts["short"] == "One. Two."
    assert tokens_of(parts["long"]) > 30


@pytest.mark.parametrize("piece", ["!", "?!", "... ", "!)", ')"', "。”", "!)))))))))) ", "3.1", "\n", " "])
def test_a_text_is_cut_at_once_whatever_it_is_made_of(piece: str) -> None:
    text = piece * 100_000

    assert text.startswith(cut_to(text, 100))
    assert text.startswith(cut_to("A text. " + text, 100).removeprefix("A text. ").removeprefix("A text."))
