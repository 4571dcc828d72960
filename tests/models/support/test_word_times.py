from collections.abc import Sequence

import pytest

from models.support.word_times import words_of
from pipeline.engines.protocols import WordTime


@pytest.mark.parametrize(
    ("tokens", "starts_s", "words"),
    [
        (("▁he", "llo", "▁there"), (0.1, 0.2, 0.5), (("hello", 100, 500), ("there", 500, 1500))),
        ((" he", "llo", ",", " there", "."), (0, 0.1, 0.2, 0.3, 0.4), (("hello,", 0, 300), ("there.", 300, 1300))),
        (
            ("你", "好", "▁o", "k", "吗", "？"), (0, 0.2, 0.4, 0.5, 0.6, 0.8),
            (("你", 0, 200), ("好", 200, 400), ("ok", 400, 600), ("吗？", 600, 1600)),
        ),
        (("▁", "he", "▁", "<|Speech|>", "is"), (0, 0, 0.2, 0.2, 0.4), (("he", 0, 400), ("is", 400, 1400))),
        (("one", "▁two"), (0, 3), (("one", 0, 1000), ("two", 3000, 4000))),
        ((",", "▁one"), (0, 1), (("one", 1000, 2000),)),
        (("one", "▁two"), (), ()),
        ((), (), ()),
    ],
)  # fmt: skip
def test_tokens_become_words_with_times(
    tokens: Sequence[str], starts_s: Sequence[float], words: Sequence[tuple[str, int, int]]
) -> None:
    assert words_of(tokens, starts_s) == tuple(WordTime(*word) for word in words)
