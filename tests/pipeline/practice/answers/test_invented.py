"""A rewritten answer has nothing in it that the person did not say."""

from __future__ import annotations

import pytest

from pipeline.practice.answers.invented import invented_in

SAID = ["We were three people at Nokia, I cut the time by thirty percent, from 1,200 to 840 seconds, with Python."]
SAID_ZH = ["我们三个人用Python把时间缩短了百分之三十，花了两个月，一共十二次。"]


@pytest.mark.parametrize(
    "text",
    [
        "At Nokia I led three people. With Python, I cut the time by 30 percent: from 1200 to 840 seconds.",
        "I cut it by [how much?] at [Which company] for one customer.",
        "Then I called them. We did it.",
        "Nokia's team grew.",
    ],
)
def test_what_only_uses_the_persons_numbers_and_names_is_let_through(text: str) -> None:
    assert invented_in(text, SAID) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I cut it by 45 percent.", ["45"]),
        ("I led twelve people.", ["12"]),
        ("I worked with Google on it.", ["Google"]),
        ("It ran on AWS.", ["AWS"]),
        ("It doubled.", ["2"]),
    ],
)
def test_a_number_or_a_name_that_was_not_said_is_found(text: str, found: list[str]) -> None:
    assert invented_in(text, SAID) == found


def test_chinese_numbers_are_compared_as_numbers() -> None:
    assert invented_in("我用Python，两个月里把时间缩短了30%，做了12次。", SAID_ZH) == []
    assert invented_in("我把成本降低了百分之五十", SAID_ZH) == ["50"]
    assert invented_in("我在Google做过", SAID_ZH) == ["Google"]
