"""The macros of cards."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.characters.macros import HIDDEN_KEY, LONGEST, ORIGINAL, Filling, hidden_keys, with_original

FILLED = {
    "names": ("{{char}} sees {{user}}.", "Ali sees Ann."),
    "any case": ("{{CHAR}} and {{User}}, {{ char }}", "Ali and Ann, Ali"),
    "old cards": ("<USER> meets <bot>, <Char>; I <3 <b>you</b>", "Ann meets Ali, Ali; I <3 <b>you</b>"),
    "comments": ("a{{// not this}}b{{comment: nor this}}c{{Comment:x}}", "abc"),
    "a comment with braces": ("a{{// {x} and } and {{char}} }}b", "ab"),
    "a hidden key": ("a{{hidden_key:moon}}b", "ab"),
    "reversed": ("{{reverse:Hello}}", "olleH"),
    "one that is the only one": ("{{random:yes}} {{pick:no}} {{random::well}}", "yes no well"),
    "an escaped comma": (r"{{random:a\,b}}", "a,b"),
    "names within": ("{{random:{{char}}}} {{pick:{{user}}}}", "Ali Ann"),
    "unknown": ("It is {{time}}{{getvar::x}}.", "It is ."),
    "wrong dice": ("{{roll:}}{{roll:many}}{{roll:0}}", "1"),
    "no macros": ("{char} {{ {user}", "{char} {{ {user}"),
    "unclosed": ("{{char", "{{char"),
}


def filling(seed: str = "talk", keeps: str = "") -> Filling:
    return Filling("Ali", "Ann", seed, frozenset((keeps,)))


@pytest.mark.parametrize(("text", "expected"), FILLED.values(), ids=FILLED)
def test_macros_are_filled_in(text: str, expected: str) -> None:
    assert filling().of(text) == expected


def test_what_is_drawn_is_one_of_what_is_offered() -> None:
    drawn = {filling(str(seed)).of("{{random:a,b}}{{random::c::d, e}}{{roll:d2}}") for seed in range(200)}

    assert drawn == {a + b + c for a in "ab" for b in ("c", "d, e") for c in "12"}


def test_a_conversation_draws_the_same_again_and_a_pick_is_the_same_everywhere() -> None:
    text = "{{random:a,b,c,d,e,f}}{{roll:1000}} {{pick:a,b,c,d,e,f}} {{pick:a,b,c,d,e,f}}"

    first, again = filling("one").of(text), filling("one").of(text)

    assert first == again
    assert first.split()[1] == first.split()[2]
    assert len({filling(str(seed)).of("{{pick:a,b,c,d,e,f}}") for seed in range(100)}) == 6


def test_macros_that_something_else_is_done_with_stay_as_they_are() -> None:
    assert with_original(filling(keeps=ORIGINAL).of("{{char}}: {{ORIGINAL}}"), "{{user}}") == "Ali: {{user}}"
    assert hidden_keys(filling(keeps=HIDDEN_KEY).of("{{char}}{{hidden_key: moon}}")) == ("Ali", "Ali  moon ")


PIECES = [
    "{{",
    "}}",
    "{",
    "}",
    "char",
    "user",
    ":",
    ",",
    "random:",
    "pick::",
    "// ",
    "hidden_key:",
    "roll:9",
    "<user>",
    "x ",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_is_filled_in_and_keeps_no_macro_of_ours(text: str) -> None:
    filled = filling().of(text)

    assert "{{char}}" not in filled
    assert filling().of(text) == filled


@pytest.mark.parametrize(
    "text", ["{{char}}" * 6_000, "{{" * 25_000, "{{a" * 16_000, "{{random:" * 6_000, "{{// {" * 9_000, "{{{a}" * 9_000]
)
def test_a_text_of_nothing_but_macros_is_filled_in_soon_and_is_not_much_longer(text: str) -> None:
    began = time.process_time()

    filled = Filling("A" * 80, "B" * 80).of(text)

    assert len(filled) <= LONGEST
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "name", ["{{user}}{{user}}", "{{char}}{{random:a,b}}", "<user><bot>", "{{// ", "}}{{", "{{{{user}}}}"]
)
def test_a_name_is_a_name_whatever_macros_are_in_it(name: str) -> None:
    own = name.translate(dict.fromkeys(map(ord, "{}<>")))

    assert Filling("Bo", name).of("Hi {{user}}, I am {{char}}, <USER>.") == f"Hi {own}, I am Bo, {own}."
    assert Filling(name, "Ann").of("Hi {{user}}, I am {{char}}.") == f"Hi Ann, I am {own}."


def test_macros_within_macros_are_filled_in_as_deep_as_people_write_them() -> None:
    text = "{{char}}"
    for _ in range(12):
        text = f"{{{{random:{text},{text}}}}}"

    assert Filling("Bo", "Ann").of(text) == "Bo"
