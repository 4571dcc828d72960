"""What cards, and models that go on like them, write beside what is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.characters.greeting import in_asterisks
from pipeline.characters.stage_directions import CharacterMarkup, is_narrated, said_of
from pipeline.text.clauses import Clauses
from pipeline.text.speakable import Acting, Piece
from server.characters.reading import load_characters

BUILT_IN = load_characters(Path(__file__).parents[3] / "personas")
RAIN = "The rain falls on the old town while you walk towards the light. " * 8

ANYBODY = {
    "a note to the player": ("Hello! (OOC: Feel free to change (all of) it!) Come in.", "Hello! Come in."),
    "a note in square brackets": ("Hello! [OOC: Feel free to change the scenario, please.]", "Hello!"),
    "a note in two brackets": ("((OOC: this is my first bot)) Hello!", "Hello!"),
    "a note in Chinese": ("你好。（OOC：可以改场景哦）请坐。", "你好。请坐。"),
    "a note that is a line": ("OOC: this is long.\nHello!", "Hello!"),
    "a note without an end": ("Hello!\n[OOC: this is long.\nCome in.", "Hello! Come in."),
    "a scene": ("[Scene: A dark tavern. Time: 8 PM]\nWelcome, stranger.", "Welcome, stranger."),
    "a note of the system": ("[System note: drive the story forward.]\nHello.", "Hello."),
    "a moment": ("[A few hours later]\nYou are late.", "You are late."),
    "an aside": ("Well... (She looks away, blushing.) I like you.", "Well... I like you."),
    "colours": ('<font color="red">Hello</font> <i>you</i>.<center><b>Welcome</b></center>', "Hello you. Welcome"),
    "a comment": ("<!-- a comment:\ndo not show -->Hello!", "Hello!"),
    "styles and scripts": ('<style>.a { color: red; }</style>Hello!<script>alert("x")</script>', "Hello!"),
    "a picture": ("![](https://files.x.org/a.png)\n![Seraphina](https://x.org/s_(1).png) Hello~ ♥", "Hello"),
    "emoticons": ("Hiya~! ^_^ :) XD", "Hiya!"),
    "dividers": ("* * *\nHello.\n---\n***\nBye.", "Hello. Bye."),
    "known directions": ("Hi! *winks* Come *here*, I am *so* happy. *giggles softly*", "Hi! Come here, I am so happy."),
    "known directions in Chinese": ("*歪了歪头* 你在看什么呀？*眨眨眼*", "你在看什么呀？"),
    "what is stressed": ("That is *really* so. *Never* do that. *You are not alone.*", None),
    "what is told in brackets": (
        "My brother. (He lives in Rome.) The Po. (The city lies on it. She works there.)",
        None,
    ),
    "opening hours": ("Come in. (The shop opens at nine.)", None),
    "what is in brackets": (
        "See [the 3 of them] (born 1879), a[i] and [1].",
        "See [the 3 of them] (born 1879), a[i] and.",
    ),
    "words that begin like a note": ("Oh (out of oil). OO (o) O", "Oh (out of oil). OO (o) O"),
}

NARRATED = {
    "before and between": ('*She smiles as you enter.* "Hello, you," *she says.* "Sit?"', '"Hello, you," "Sit?"'),
    "a scene": (
        "*The tavern is dimly lit, and the smell of ale hangs in the air. A fire crackles.* Welcome!",
        "Welcome!",
    ),
    "much of it": (f"*{RAIN}*\nWelcome in!", "Welcome in!"),
    "of the person": ("*You wake up in a strange bed.* Oh, you are awake!", "Oh, you are awake!"),
    "two words": ('"Oh." *A pause.* "You came."', '"Oh." "You came."'),
    "thoughts": ('*Ugh, not again...* "Hello!"', '"Hello!"'),
    "bold within": ("*She **really** smiles.* Hello.", "Hello."),
    "without an end": ("*The door opens slowly\nHello.", "Hello."),
    "in underscores": ("_The door opens slowly._ Hello.", "Hello."),
    "in brackets": ("(The door opens.) Hello.", "Hello."),
    "in Chinese": ("*夜幕降临，酒馆里灯火通明。*“欢迎！”", "“欢迎！”"),
    "in Chinese brackets": ("（夜深了，街上空无一人。）你怎么还在这里？", "你怎么还在这里？"),
    "a narrator": ("【旁白：夜深了，街上空无一人。】你好。", "你好。"),
    "who says it": ('"你好。"*她说道，*"请坐。"', '"你好。" "请坐。"'),
    "a word that is stressed": (
        "*Never* do that, *please*. *The Hobbit* is a book.",
        "Never do that, please. The Hobbit is a book.",
    ),
}


def pieces(pushes: list[str], narrated: bool) -> list[Piece]:
    markup, joined = CharacterMarkup(narrated), list[Piece]()
    for piece in [piece for push in pushes for piece in markup.push(push)] + markup.finish():
        if joined and isinstance(piece, str) and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


@pytest.mark.parametrize(("text", "expected"), ANYBODY.values(), ids=ANYBODY)
def test_what_is_not_said_is_not_spoken(text: str, expected: str | None) -> None:
    assert said_of(text) == (text.replace("*", "") if expected is None else expected)


@pytest.mark.parametrize(("text", "expected"), NARRATED.values(), ids=NARRATED)
def test_what_is_narrated_is_not_spoken(text: str, expected: str) -> None:
    assert said_of(text, narrated=True) == expected


@pytest.mark.parametrize("narrated", [False, True])
@pytest.mark.parametrize("text", [text for text, _ in (*ANYBODY.values(), *NARRATED.values())])
def test_it_may_arrive_character_by_character(text: str, narrated: bool) -> None:
    assert pieces(list(text), narrated) == pieces([text], narrated)


ALPHABET = [
    *"ab1 .!?\n*_[]()<>（笑）。“”",
    "OOC:",
    "[OOC ",
    "<!--",
    "-->",
    "<style>",
    "</style>",
    "![a](b)",
    "**",
    "She smiles",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(ALPHABET), max_size=25).map("".join), st.booleans(), st.data())
def test_what_is_said_does_not_depend_on_how_the_text_was_cut(text: str, narrated: bool, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pushes = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert pieces(pushes, narrated) == pieces([text], narrated) == pieces(list(text), narrated)


def test_what_is_narrated_is_shown_and_the_first_words_behind_it_are_not_held_back() -> None:
    clauses = Clauses(markup=CharacterMarkup(narrated=True))

    given_ = [
        clause
        for push in ("*The tavern ", "is dark.*", " Welcome, ", "stranger! ", "Sit.")
        for clause in clauses.push(push)
    ]

    shown = "".join(clause.text for clause in given_ + clauses.finish())
    assert shown == "*The tavern is dark.* Welcome, stranger! Sit."
    assert [clause.spoken for clause in given_] == ["Welcome, stranger!"]


def test_a_character_is_narrated_whose_own_texts_are() -> None:
    wizard = BUILT_IN["wizard"]

    assert not any(map(is_narrated, BUILT_IN.values()))
    assert is_narrated(replace(wizard, greeting={"en": "*The tavern is dimly lit.* Hi!", "zh": "你好。"}))
    assert is_narrated(replace(wizard, greetings={"en": (), "zh": ("（她轻轻推开门。）你来啦！",)}))
    assert not is_narrated(
        replace(wizard, greeting={"en": "*Really* good (born 1879 in Ulm).", "zh": "你好（1879年）。"})
    )


IN_ASTERISKS = {
    "a novel": (
        'Bo looks up. "You are late," he says, grinning. "Sit down!"\nThe oven hums.',
        '*Bo looks up.* "You are late," *he says, grinning.* "Sit down!"\n*The oven hums.*',
    ),
    "a novel in the first person": ('I smile. "Fresh bread!"', '*I smile.* "Fresh bread!"'),
    "a Chinese novel": ("她抬起头，笑了笑。“你来啦！”", "*她抬起头，笑了笑。* “你来啦！”"),
    "a quotation": ('Welcome! My motto is "Never give up!" What is yours?', None),
    "a word in quotation marks": ('She says "rye" for all of it. Want some?', None),
    "asterisks already": ('*Bo looks up.* "You are late!" He says so.', None),
    "no quotation": ("He knows you. Fresh bread?", None),
    "the name in front": ("**Bo:** Fresh bread?", "Fresh bread?"),
    "the name in front in Chinese": ("Bo：要面包吗？", "要面包吗？"),
}


@pytest.mark.parametrize(("text", "expected"), IN_ASTERISKS.values(), ids=IN_ASTERISKS)
def test_of_a_greeting_like_a_novel_what_is_told_is_marked(text: str, expected: str | None) -> None:
    assert in_asterisks(text, "Bo") == (text if expected is None else expected)


def test_a_scene_is_no_part_of_what_is_said() -> None:
    assert pieces(["[A long, dark night]\nHello."], False) == [Acting("A long, dark night"), "Hello."]
