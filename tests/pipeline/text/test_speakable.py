"""What is visible of a model's text, and what of that is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.speakable import Mark, Markup, Piece, speakable, visible

VISIBLE = {
    "heading": ("# The *whole* story\nIt began.", "The whole story\nIt began."),
    "bold": ("That is **really** and __truly__ good.", "That is really and truly good."),
    "bold italics": ("***Wow***, that is *very* _very_ good.", "Wow, that is very very good."),
    "emphasis in a word": ("*un*believable", "unbelievable"),
    "struck out": ("It costs ~~ten~~ ~5 euros.", "It costs ten ~5 euros."),
    "code": ("Use `my_*odd*_name` or `a`.", "Use my_*odd*_name or a."),
    "fence": ("Run this:\n```python\nprint(2 * 3)\n```\nDone.", "Run this:\nprint(2 * 3)\nDone."),
    "link": ("See [the *docs*](https://x.org/a_(b)?c=1 'Docs') now.", "See the docs now."),
    "image": ("A cat: ![a sleeping cat](cat.png)!", "A cat: a sleeping cat!"),
    "an image behind another": ("![](a.png)\n![a cat](b.png)", "a cat"),
    "what is folded": ("<details><summary>More</summary>10</details>Hello.", "More\n10\nHello."),
    "autolink": ("<https://x.org/a_b> and <me@x.org>", "https://x.org/a_b and me@x.org"),
    "address": ("https://x.org/_a_/b_c, or so", "https://x.org/_a_/b_c, or so"),
    "bullets": ("Buy\n- eggs\n* milk\n+ [ ] ham\n• tea", "Buy\neggs\nmilk\nham\ntea"),
    "numbered list": ("Do:\n1. this\n2) that\n3. more", "Do:\nthis\nthat\nmore"),
    "a number that is said": ("Two and three?\n5. It is always 5.", "Two and three?\n5. It is always 5."),
    "table": ("| a | b |\n|---|:-:|\n| 1 |  | 3 |\nend", "a, b\n1, 3\nend"),
    "quotation": ("> It is\n>> late", "It is\nlate"),
    "rules": ("One\n\n---\n***\nTwo\n===", "One\nTwo"),
    "tags": ("H<sub>2</sub>O<br>is <b class='x'>wet</b>. <laugh> I <3 it, a < b.", "H2O\nis wet. I <3 it, a < b."),
    "entities": ("Tom &amp; Eve &lt;3&nbsp;AT&T", "Tom & Eve <3 AT&T"),
    "escapes": (r"\*not\* 1\. C:\x", "*not* 1. C:\\x"),
    "multiplication": ("2*3*4 is 2 * 12 and x_1 is snake_case_too", "2*3*4 is 2 * 12 and x_1 is snake_case_too"),
    "emoji": ("Hi 😊! I ❤️ it 👨‍👩‍👧 🇨🇳👍🏽.", "Hi! I it."),
    "keycaps": ("1️⃣ one #️⃣ 2 two 3", "one 2 two 3"),
    "emoji between words": ("Hello👋world 你好😊世界", "Hello world 你好世界"),
    "spaces": (" a \t b\u3000c \r\n\n\u00a0d\u200b\x07 ", "a b c\nd"),
    "broken characters": ("a\ufffdb\ud800c", "abc"),
    "unclosed": ("*a [b (c <d `e &f ~g ![h", "a [b (c <d e &f ~g ![h"),
    "citations": ("It is so [1][2, 3] (born 1879).", "It is so (born 1879)."),
    "an index": ("Take a[i] or [the 3 of them].", "Take a[i] or [the 3 of them]."),
    "marks": ("[cheerful] Hello! [laughs] Yes.", "Hello! Yes."),
    "bracketed directions": ("Well [in a soft voice], yes. [微笑]好。", "Well, yes. 好。"),
    "directions": ("*sighs* I know. *softly chuckles*... (clears throat) Fine.", "I know. Fine."),
    "directions in Chinese": ("*叹了口气*我知道。（笑）好吧（1879年）", "我知道。好吧（1879年）"),
    "a short action": ('"Hello there." *She waves.* Sit. *Mara nods.*', '"Hello there." Sit.'),
    "bold actions": ("**She smiles.** Hi. ***grins*** Yes. **Yes.**", "Hi. Yes. Yes."),
    "wide asterisks": ("＊微笑＊你好。", "你好。"),
    "wide brackets": ("［微笑］你好。〔看着你〕坐。", "你好。坐。"),
    "an aside in Chinese": ("你好呀（挥手），请坐。北京（中国的首都）很大。", "你好呀，请坐。北京（中国的首都）很大。"),
    "an action without an end": ("Hello. *She smiles", "Hello."),
    "an action without an end in a line": ("*smiles\nHello.", "Hello."),
    "products": ("(2+3)*4 = 2*(5+5) and a*b", None),
    "an action": ("*leans in closer* Listen. _smiling at you_ Yes.", "Listen. Yes."),
    "no direction": (
        "He *laughs* at us. *Cats*, *dogs* and *yes indeed*.",
        "He laughs at us. Cats, dogs and yes indeed.",
    ),
    "a parenthesis": ("Waves (laughing gas is real) and (smiles per mile).", None),
}

SAID = {
    "Hello there.": "Hello there.",
    "See https://www.example.com/a_b?c=d#e. Then go": "See example.com. Then go",
    "(www.x.org/a) or docs.x.org/b/c, me@x.org": "(x.org) or docs.x.org, me@x.org",
    "看https://x.org/路径，和docs.x.org/b。": "看x.org路径，和docs.x.org。",
    "http://localhost:8000/x": "localhost",
    "main.py and/or 1/2": "main.py and/or 1/2",
    "Q&A with Tom & Eve": "Q and A with Tom and Eve",
    "你&我 & 他": "你和我和他",
    "#1 of C# #fun": "number 1 of C# fun",
    "排名#1，#2 名": "排名第1，第2 名",
    "ＡＢＣ１２３，１０：３０，５０％": "ABC123，10:30，50%",
    "①苹果 ②梨": "1苹果 2梨",
    "A → B ⇒ C ■ ™": "A B C",
    "$5, 50% and -3 °C, .5": "$5, 50% and -3 °C, .5",
    "snake_case ~5": "snake case about 5",
    "Hiya~! :) ok~ ^_^ XD (a:3) at 10:30": "Hiya! ok (a:3) at 10:30",
    "apples\npears.\nplums": "apples, pears. plums",
    "苹果\n梨。\n李": "苹果，梨。 李",
    '" Then': "Then",
    "?! (Well) yes": "(Well) yes",
    "”。好": "好",
}

ALPHABET = [
    *"ab1 .,!?\n*_~`[]()<>&;:/#|-=+\\你（笑）。😊\u200d\u20e3",
    "http://",
    "```",
    "**",
    "1. ",
    "[a](",
    "laughs",
    "&amp;",
]
written = st.lists(st.sampled_from(ALPHABET), max_size=25).map("".join)


def pieces(*pushes: str) -> list[Piece]:
    """What `Markup` makes of the pushes, with neighbouring texts joined."""
    markup = Markup()
    joined: list[Piece] = []
    for piece in [piece for push in pushes for piece in markup.push(push)] + markup.finish():
        if joined and isinstance(piece, str) and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


@pytest.mark.parametrize(("text", "expected"), VISIBLE.values(), ids=VISIBLE)
def test_markup_is_not_visible(text: str, expected: str | None) -> None:
    assert visible(text) == (text if expected is None else expected)


@pytest.mark.parametrize(("text", "_"), VISIBLE.values(), ids=VISIBLE)
def test_markup_may_arrive_character_by_character(text: str, _: str | None) -> None:
    assert pieces(*text) == pieces(text)


def test_marks_come_where_they_stand_in_the_text() -> None:
    assert pieces("[Sad] Oh! [half-asleep]Yes") == [Mark("sad"), "Oh!", Mark("half-asleep"), " Yes"]


def test_plain_text_is_not_held_back() -> None:
    markup = Markup()
    assert [markup.push(text) for text in ("Hello", " there", ", you!")] == [["Hello"], [" there"], [", you!"]]


def test_a_mark_that_is_never_closed_is_held_back_only_so_far() -> None:
    markup = Markup()
    shown = 0
    for opening in ("[", "(", "<a ", "*", "`", "[a](", "&", "#", "|", "![", "a "):
        text = opening + "b " * 400
        shown += sum(len(piece) for char in text for piece in markup.push(char) if isinstance(piece, str))
    assert shown > 11 * 800 - 800


@pytest.mark.parametrize(("text", "expected"), SAID.items())
def test_what_is_said_of_a_visible_text(text: str, expected: str) -> None:
    assert speakable(text) == expected


@settings(max_examples=400, deadline=None)
@given(written, st.data())
def test_what_is_visible_does_not_depend_on_how_the_text_was_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pushes = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert pieces(*pushes) == pieces(text) == pieces(*text)


@settings(max_examples=300, deadline=None)
@given(written)
def test_visible_text_is_tidy(text: str) -> None:
    shown = visible(text)
    assert shown == shown.strip()
    assert "  " not in shown
    assert not set(shown) & set("😊\r\t")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_whatever_is_written_can_be_shown_and_said(text: str) -> None:
    visible(speakable(visible(text))).encode()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["one", "two", "3.5", "你好", "well-known", "don't", "a.m."]), max_size=12))
def test_plain_words_stay_as_they_are(words: list[str]) -> None:
    text = " ".join(words)
    assert speakable(visible(text)) == visible(text) == text
