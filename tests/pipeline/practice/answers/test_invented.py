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


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("25%", "twenty five percent"),
        ("1,500 users", "fifteen hundred users"),
        ("1,500 users", "one thousand five hundred users"),
        ("206 of them", "two hundred and six of them"),
        ("12 people", "a dozen people"),
        ("in 2019", "in twenty nineteen"),
        ("3 million", "three million"),
        ("half the time", "50 percent of the time"),
        ("my 2nd job", "my second job"),
        ("1.5亿", "一亿五千万"),
        ("150块", "一百五"),
        ("2019年", "二零一九年"),
        ("60%的人", "六成的人"),
        ("１２个", "十二个"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(told: str, said: str) -> None:
    assert invented_in(told, [said]) == []
    assert invented_in(said, [told]) == [] or "second" in said


@pytest.mark.parametrize(
    ("told", "said"),
    [("20 people", "twenty five people"), ("100 users", "three hundred users"), ("5 people", "fifty five people")],
)
def test_a_part_of_a_number_is_another_number(told: str, said: str) -> None:
    assert invented_in(told, [said]) == [told.split()[0]]


@pytest.mark.parametrize("text", ["9" * 5_000, "1.2.3.4万", "1.2.3", "百万亿" * 500, "hundred " * 500, "٣٤ ² ½", "k"])
def test_no_number_breaks_the_comparison(text: str) -> None:
    assert invented_in(text, [text]) == []
