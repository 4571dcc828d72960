"""How streaming text becomes clauses: where they end, when they end, and that nothing is lost."""

from __future__ import annotations

import re
import sys
from types import FrameType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.text.clauses import Clause, ClauseLimits, Clauses, Shape, Size
from pipeline.text.speakable import ACTING, WIDE, visible
from pipeline.text.styles import STYLES

ENGLISH = [
    # The first clause ends early, later ones at the end of a sentence.
    ("Well, of course I can, my friend.", ["Well, of course I can,", " my friend."]),
    ("Sure. I will do it now, if you like. It is easy.", ["Sure.", " I will do it now,", " if you like.", " It is easy."]),
    ("Yes! No. Maybe so, who knows. OK. Then let us go.", ["Yes!", " No.", " Maybe so, who knows.", " OK. Then let us go."]),
    ("Hmm... let me see.", ["Hmm...", " let me see."]),
    ("I really wanted to go to the old market and buy fish.", ["I really wanted to go to the old market", " and buy fish."]),
    (
        "I went to the big market near the old station in the center of town",
        ["I went to the big market near the old station in the", " center of town"],
    ),
    ("Three things matter: time and care.", ["Three things matter:", " time and care."]),
    ("It was late — too late. She left - at last.", ["It was late —", " too late. She left - at last."]),
    ("It was late—too late; she left at once.", ["It was late—", "too late; she left at once."]),
    (
        "Right, as I said. When it rains in the hills behind the house for a whole long day, the river rises.",
        ["Right, as I said.", " When it rains in the hills behind the house for a whole long day,", " the river rises."],
    ),
    # What only looks like an end.
    ("It is 3.14 or 1,000.50 at 10:30. Right?", ["It is 3.14 or 1,000.50 at 10:30.", " Right?"]),
    ("Version 2.0.1 of main.py is on example.com. Get it!", ["Version 2.0.1 of main.py is on example.com.", " Get it!"]),
    ("Mail me@x.org or see https://x.org/a.b?c=1. Now!", ["Mail me@x.org or see https://x.org/a.b?c=1.", " Now!"]),
    ("Ask Dr. Who vs. Mr. T of the U.S. Army. Now go.", ["Ask Dr. Who vs. Mr. T of the U.S. Army.", " Now go."]),
    ("I met J. R. R. Tolkien on St. James Street. He waved.", ["I met J. R. R. Tolkien on St. James Street.", " He waved."]),
    ("See No. 5 and vol. 3, e.g. the 3rd, i.e. it. OK.", ["See No. 5 and vol. 3,", " e.g. the 3rd, i.e. it.", " OK."]),
    (
        "It opens at 9 a.m. on Monday, etc. We close at 5 p.m. Then we go home.",
        ["It opens at 9 a.m. on Monday,", " etc. We close at 5 p.m.", " Then we go home."],
    ),
    ("So do I. But I said no. He said No. Then I left.", ["So do I.", " But I said no.", " He said No.", " Then I left."]),
    ("The year was 1984. It ended.", ["The year was 1984.", " It ended."]),
    ("A well-known, 25-year-old man.", ["A well-known, 25-year-old man."]),
    ("What?! No... I mean it... Really!!", ["What?!", " No...", " I mean it...", " Really!!"]),
    # Quotations and parentheses.
    ('"Come in, my friend," she said. "Sit." He sat.', ['"Come in, my friend,"', ' she said. "Sit."', " He sat."]),
    ("“It is late, my dear.” She left.", ["“It is late, my dear.”", " She left."]),
    ('He asked "Why me?" and left. (Nobody knew.) So.', ['He asked "Why me?"', " and left. (Nobody knew.)", " So."]),
    ("It is 6\" long, I am sure. OK?", ["It is 6\" long,", " I am sure.", " OK?"]),
    # Lines.
    ("A list:\n\n- one apple\n- two\n- pears\n\nThat is all", ["A list:", "\none apple", "\ntwo\npears\nThat is all"]),
    ("...", []),
    ("— and so it is —", ["— and so it is —"]),
    ("Good 😊! Right 🎉🎉", ["Good!", " Right"]),
]  # fmt: skip

CHINESE = [
    ("你好！我是小明，天气很好，我们走吧。你觉得呢？", ["你好！", "我是小明，", "天气很好，我们走吧。", "你觉得呢？"]),
    ("嗯，我想想看：这样也可以；好吧。", ["嗯，我想想看：", "这样也可以；好吧。"]),
    ("“当然可以。”他说。「真的吗？」她问。", ["“当然可以。”", "他说。「真的吗？」", "她问。"]),
    ('他说"你好。"然后走了。', ['他说"你好。"', "然后走了。"]),
    ("苹果、香蕉和梨我都喜欢吃而且每天都想吃。", ["苹果、香蕉和梨我都喜欢吃而且每天都想吃。"]),
    ("我每天早上都去公园里跑步锻炼因为身体健康很重要。", ["我每天早上都去公园里跑步锻炼", "因为身体健康很重要。"]),
    ("我用Python 3.11，你呢？１０：３０见……好吗？！", ["我用Python 3.11，", "你呢？１０：３０见……", "好吗？！"]),
    ("《三体》（刘慈欣，2008年）很好看。真的——我保证。", ["《三体》（刘慈欣，2008年）很好看。", "真的——我保证。"]),
    ("好。行。没问题，我马上去做。", ["好。", "行。", "没问题，我马上去做。"]),
    ("OK，我们用API吧。Let's go. 走！", ["OK，我们用API吧。", "Let's go. 走！"]),
]  # fmt: skip


def spoken_by(*pushes: str, limits: ClauseLimits | None = None) -> list[Clause]:
    clauses = Clauses(limits) if limits else Clauses()
    return [clause for push in pushes for clause in clauses.push(push)] + clauses.finish()


def texts_of(*pushes: str) -> list[str]:
    return [clause.text for clause in spoken_by(*pushes)]


def up_to_last_word(text: str) -> str:
    return re.sub(r"[\W_]+$", "", text)


@pytest.mark.parametrize(("text", "expected"), ENGLISH + CHINESE)
def test_where_clauses_end(text: str, expected: list[str]) -> None:
    assert texts_of(text) == expected


STREAMED = [
    # pushes, and the texts that are complete at once after each
    ([" It", " is", " me", ".", " And"], [[], [], [], ["It is me."], []]),
    (["Really", "?!", " Yes"], [[], ["Really?!"], []]),
    (["Wait", "...", " what"], [[], ["Wait..."], []]),
    (["Well", ",", " I", " think", ",", " so"], [[], [], [], [], ["Well, I think,"], []]),
    (["It", " is", " 3", ".", "14", ".", " Good"], [[], [], [], [], [], [], ["It is 3.14."]]),
    (["Call", " Dr", ".", " Who", " e", ".g", ".", " now"], [[]] * 8),
    (["That", " is", " No", ".", " 5"], [[]] * 5),
    (["That", " is", " it", " at", " Rome", ".", " Go"], [[], [], [], [], [], [], ["That is it at Rome."]]),
    (['"', "Come", " in", ".", '"', " She"], [[], [], [], [], [], ['"Come in."']]),
    (['"', "Come", " in", '."', " she"], [[]] * 5),
    (["**", "Go", " on", ".", "**", " No"], [[], [], [], ["Go on."], [], []]),
    (["Go", " on", ".", " [", "sad", "]", " Oh"], [[], [], ["Go on."], [], [], [], []]),
    (["你好", "。", "我"], [[], ["你好。"], []]),
    (["“", "你好", "。", "”", "他"], [[], [], [], [], ["“你好。”"]]),
    (["十点", "10", "：", "30", "。"], [[], [], [], [], ["十点10：30。"]]),
    (["One", " two", "\n\n", "three"], [[], [], ["One two"], []]),
    # A dot within a name that comes in pieces.
    (
        ["Write", " to", " jane", ".", "doe", "@example", ".", "com", ".", " Now"],
        [[]] * 9 + [["Write to jane.doe@example.com."]],
    ),
    (["See", " example", ".", "com", ","], [[]] * 5),
    (["example", ".", "com", " works", "."], [[]] * 5),
    (["请访问", "example", ".", "com", "。"], [[], [], [], [], ["请访问example.com。"]]),
    (["Open", " main", ".", "py", " now"], [[]] * 5),
    (["I", " like", " music", ".", " You"], [[], [], [], [], ["I like music."]]),
    # Where no name can be, one more token is not waited for.
    (["That", " is", " the", " answer", "."], [[], [], [], [], ["That is the answer."]]),
    (["I", " think", " so", "."], [[], [], [], ["I think so."]]),
]


@pytest.mark.parametrize(("pushes", "expected"), STREAMED)
def test_a_clause_is_complete_as_soon_as_that_is_clear(pushes: list[str], expected: list[list[str]]) -> None:
    clauses = Clauses()
    assert [[clause.text for clause in clauses.push(push)] for push in pushes] == expected


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        (["me.", '" He left'], [("me.", "me."), ('" He left', "He left")]),
        (["What?", "!", " Yes"], [("What?", "What?"), ("! Yes", "Yes")]),
        (["好。", "”", "他"], [("好。", "好。"), ("”他", "他")]),
        (["me.", '"'], [("me.", "me.")]),
    ],
)
def test_punctuation_that_comes_too_late_is_shown_but_not_spoken(
    pushes: list[str], expected: list[tuple[str, str]]
) -> None:
    assert [(clause.text, clause.spoken) for clause in spoken_by(*pushes)] == expected


def test_a_style_mark_ends_a_clause_and_styles_the_next() -> None:
    assert spoken_by("[cheerful] Hi there. How are you? Come [Whis", "per] closer, dear. [sad] [unknown] [laughs]") == [
        Clause("Hi there.", "Hi there.", "cheerful"),
        Clause(" How are you?", "How are you?"),
        Clause(" Come", "Come"),
        Clause(" closer, dear.", "closer, dear.", "whisper"),
    ]


ACTED = [
    (
        "*She tilts her head, a small smile playing on her lips…* Hello there. *waves*",
        [("*She tilts her head, a small smile playing on her lips…* Hello there.", "Hello there."), (" *waves*", "")],
    ),
    ("（微笑着看向你）你好啊。", [("*微笑着看向你* 你好啊。", "你好啊。")]),
    ("【低头沉思】这个嘛，让我想想。", [("*低头沉思* 这个嘛，让我想想。", "这个嘛，让我想想。")]),
    ("Well, *sighs* I do not know.", [("Well,", "Well,"), (" *sighs* I do not know.", "I do not know.")]),
    ("(She leans back in her chair and studies you for a while.) Sit.", [
        ("*She leans back in her chair and studies you for a while.* Sit.", "Sit.")
    ]),
    ("*I lean forward.* Listen. *Her eyes narrow dangerously.* Now.", [
        ("*I lean forward.* Listen.", "Listen."), (" *Her eyes narrow dangerously.* Now.", "Now.")
    ]),
    ("*nods*", []),
    # Emphasis, titles and content in brackets are said.
    ("*She is right* about that.", [("She is right about that.", "She is right about that.")]),
    ("*The Lord of the Rings* is long.", [("The Lord of the Rings is long.", "The Lord of the Rings is long.")]),
    ("三体（刘慈欣写的，笑点不多）很好。【今日新闻】天气晴。", [
        ("三体（刘慈欣写的，笑点不多）很好。", "三体（刘慈欣写的，笑点不多）很好。"),
        ("【今日新闻】天气晴。", "【今日新闻】天气晴。"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize("size", [1, 4, 500])
@pytest.mark.parametrize(("text", "expected"), ACTED)
def test_what_is_done_is_shown_in_asterisks_and_never_spoken(
    text: str, expected: list[tuple[str, str]], size: int
) -> None:
    clauses = spoken_by(*(text[at : at + size] for at in range(0, len(text), size)))

    assert [(clause.text, clause.spoken) for clause in clauses] == expected


def test_styles_are_lower_case_words() -> None:
    assert all(re.fullmatch("[a-z]+", style) for style in STYLES)


def test_a_synthesiser_is_given_words() -> None:
    assert spoken_by("**#1**: see [this & that](https://x.org) 👍\n- *sighs* https://www.x.org/a") == [
        Clause("#1: see this & that", "number 1: see this and that"),
        Clause(" *sighs*\nhttps://www.x.org/a", "x.org"),
    ]


def test_after_the_end_a_new_line_begins() -> None:
    clauses = Clauses()
    assert [clauses.push("One moment, I"), clauses.finish(), clauses.push("Here it is.")] == [
        [],
        [Clause("One moment, I", "One moment, I")],
        [Clause("\nHere it is.", "Here it is.")],
    ]


def test_limits_can_be_set() -> None:
    whole = Shape(sentence=Size(99, 99), pause=Size(99, 99), joint=Size(99, 99), anywhere=Size(99, 99))
    text = "One. Two, three. Four and five."
    assert [clause.text for clause in spoken_by(text, limits=ClauseLimits(whole, whole))] == [text]


def test_text_without_any_end_is_cut() -> None:
    for text in ("word " * 200, "字" * 400, "x" * 4000, "“" + "好，" * 100, "(a, b " * 100):
        clauses = spoken_by(text)
        assert max(len(clause.text) for clause in clauses) <= 850
        assert "".join(clause.text for clause in clauses) == visible(text)


# --- However it streams ----------------------------------------------------------------------------------------------

TOKENS = [
    *(" a", " Bob", " Mr", " e", ".g.", " 3", "14", " and", " because", " me", " U.S.", " No", " https", "://x.org"),
    *(".", "...", "?!", "!", ",", ":", ";", "…", "—", " —", " -", '"', ' "', "“", "”", " (", ")", " ", "\n\n"),
    *("- ", "#", "1", ".com/a", "你好", "但是", "。", "，", "！", "：", "……"),
    *(" [s", "ad]", " [laughs]", " **", "very", "😊", " *sighs*", "`", "&amp;", " |"),
]  # fmt: skip
MARKED = re.compile(r"[.!?,;:。，；：！？…]\S*$")
FRESH = re.compile(rf"[{WIDE}\s]")


@st.composite
def tokens(draw: st.DrawFn) -> list[str]:
    """Tokens, none of which adds something without a space to punctuation in the one before."""
    joined: list[str] = []
    for token in draw(st.lists(st.sampled_from(TOKENS), max_size=40)):
        if joined and MARKED.search(joined[-1]) and not FRESH.match(token):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


@settings(max_examples=150, deadline=None)
@given(tokens())
@example([" a", " a", " a", "—", " 3", " a"])
def test_clauses_do_not_depend_on_how_many_tokens_come_at_once(pushes: list[str]) -> None:
    whole = spoken_by("".join(pushes))
    half = len(pushes) // 2
    assert spoken_by(*pushes) == whole
    assert spoken_by("".join(pushes[:half]), *pushes[half:]) == whole


@settings(max_examples=150, deadline=None)
@given(tokens(), st.data())
def test_no_word_is_lost_or_invented_however_the_text_was_cut(pushes: list[str], data: st.DataObject) -> None:
    text = "".join(pushes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    for cut in ([text], [*text], [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]):
        clauses = spoken_by(*cut)
        shown = "".join(clause.text for clause in clauses)
        wanted = visible(text)
        if ACTING.search(shown) or ACTING.search(wanted):
            shown, wanted = ("".join(ACTING.sub("", each).split()) for each in (shown, wanted))
        assert up_to_last_word(shown) == up_to_last_word(wanted)
        assert all(any(map(str.isalnum, clause.spoken)) or ACTING.search(clause.text) for clause in clauses)


def work(pushes: list[str]) -> int:
    """How many function calls the pushes take."""
    clauses, calls = Clauses(), 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for push in pushes:
            clauses.push(push)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    "sentence", [*(text for text, _ in ENGLISH[:4] + CHINESE[:4]), "so it goes ", "«", "* [a (", "a"]
)
def test_work_grows_no_faster_than_the_text(sentence: str) -> None:
    pushes = re.findall(r"\s*\w{1,5}|\s*\W", sentence + " ")
    repeated = pushes * (200 // len(pushes))
    once, thrice = work(repeated), work(repeated * 3)
    assert thrice < 3.3 * once
    assert once < 120 * len(repeated)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=6))
def test_what_is_held_back_is_bounded(repeated: list[str]) -> None:
    clauses, behind, longest = Clauses(), 0, 0
    for push in [" so", " it", " goes", *repeated] * 100:
        behind += len(push)
        if clauses.push(push):
            longest, behind = max(longest, behind), 0
    assert longest < 2500
