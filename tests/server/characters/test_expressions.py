"""Regular expressions of lorebooks, and those that were written to take for ever."""

import time

import pytest

from server.characters.expressions import ALL_S, ONE_S, Expressions, compiled

CATASTROPHIC = ["(a+)+$", "(a|aa)+$", "(?R)?a", "(a(?R)?)*b", "(.*)*(.*)*x$", "((a{0,99}){0,99}){0,99}$b"]
WRONG = ["(", "[a", "*a", "(" * 400, "(?P<n>", r"\p{NoSuchThing}", "a{2,1}", "(?<=a"]


@pytest.mark.parametrize(
    ("expression", "flags", "text", "expected"),
    [
        (r"\bdragons?\b", "i", "Two Dragons!", True),
        (r"\bdragons?\b", "", "Two Dragons!", False),
        ("^b", "gmu", "a\nb", True),
        ("a.b", "s", "a\nb", True),
        (r"(?<name>长安|洛阳)", "y", "在长安", True),
    ],
)
def test_an_expression_is_found_as_javascript_finds_it(expression: str, flags: str, text: str, expected: bool) -> None:
    assert Expressions()(expression, flags, text) is expected


@pytest.mark.parametrize("expression", WRONG)
def test_what_is_no_expression_is_never_found(expression: str) -> None:
    assert not Expressions()(expression, "i", "(" * 400)


@pytest.mark.parametrize(
    "repeated", ["(?:(?:(?:(?:a{100}){100}){100}){100}){100}", "(?:" * 99 + "a" + "){9}" * 99, "a{9999999}"]
)
@pytest.mark.parametrize("shape", ["{}", "(?x){}", "(?i:{})", "b|{}"])
def test_an_expression_that_would_take_up_all_memory_is_never_built(repeated: str, shape: str) -> None:
    spaced = repeated.replace("{", "{ ").replace("00}", " 00}") if "x" in shape else repeated

    assert compiled(shape.replace("{}", spaced), "") is None


def test_a_long_list_of_words_is_never_built_and_a_few_numbers_are() -> None:
    assert compiled("|".join(f"word{number}" for number in range(2_000)), "i") is None
    assert compiled(r"king.{0,80}castle.{0,80}\d{4}-\d{2}", "i") is not None


def test_a_search_ends_in_time_whatever_expressions_people_write() -> None:
    began = time.perf_counter()

    matches = Expressions()
    for number in range(100):
        matches(CATASTROPHIC[number % len(CATASTROPHIC)], "i" if number % 2 else "", "a" * 20_000 + "!")

    assert time.perf_counter() - began < ALL_S + ONE_S + 0.4  # what a busy machine takes
