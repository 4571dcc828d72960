"""What is said of a text that is read aloud as it is written: every word of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.read_aloud import clauses_as_written
from pipeline.text.styles import STYLES

SAID = {
    "words in square brackets": ("[yes] or [no]", "[yes] or [no]"),
    "a style nobody asked for": ("[cheerful] Hello.", "[cheerful] Hello."),
    "notes and citations": ("He said [sic] and [1] and [2, 3].", "He said [sic] and [1] and [2, 3]."),
    "links of a wiki, check boxes": ("[[wiki]], [x] done", "[[wiki]], [x] done"),
    "directions": ("(laughs) *sighs* I know.", "(laughs) sighs I know."),
    "a whole sentence in asterisks": ("*She tilts her head.* Hello.", "She tilts her head. Hello."),
    "directions in Chinese": ("（笑）你好，*微笑*【低头沉思】。", "（笑）你好，微笑【低头沉思】。"),
    "speakers": ("User: hi\nAssistant: hello", "User: hi Assistant: hello"),
    "out of character": ("((OOC: wait)) ~waves~ _winks_", "((OOC: wait)) waves winks"),
    "unknown tags": ("<laughs> Dear <first name>, <think>hm</think> yes", "laughs Dear first name, think hm yes"),
    "types": ("a List<int> and a Map<str, int>", "a List int and a Map<str, int>"),
    "comparisons": ("if a < b and c > d, if a<b and c>d", "if a < b and c > d, if a<b and c>d"),
    "braces": ("Hi {name}, {{user}}!", "Hi {name}, {{user}}!"),
    "emphasis": ("**bold**, __init__, ~~gone~~, `code`, snake_case", "bold, init, gone, code, snake case"),
    "products": ("2*3*4 = 2 * 12", "2*3*4 = 2 * 12"),
    "a footnote": ("The price* is low. *Terms apply.", "The price is low. Terms apply."),
    "a heading and bullets": ("# Title\n- one\n* two", "Title one two"),
    "the numbers of a list": ("1. First thing\n2. Second thing", "1. First thing 2. Second thing"),
    "code": ("```python\nprint(2)\n```\nDone.", "python print(2) Done."),
    "a table": ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b 1, 2"),
    "a link": ("See [the docs](https://x.org/a_(b) 'Docs').", "See the docs."),
    "emphasis in a link": ("See [the *very* docs](https://x.org).", "See the very docs."),
    "asterisks in code": (r"`*args*` and \*sighs\*", "*args* and *sighs*"),
    "no link": ("[yes](or no) and [a](e.g. this)", "[yes](or no) and [a](e.g. this)"),
    "an image": ("![a cat](cat.png)!", "a cat!"),
    "HTML": ("<p class='x'>Hi <b>you</b>,<br/>it is <a href=x>me</a></p>", "Hi you, it is me"),
    "SSML": (
        '<?xml version="1.0"?><speak version="1.0" xml:lang="en">Wait <break time="1s"/><prosody rate="slow">a moment'
        '</prosody><mstts:express-as style="sad">.</mstts:express-as></speak>',
        "Wait a moment.",
    ),
    "entities": ("Tom &amp; Jerry &lt;3", "Tom and Jerry <3"),
    "keycaps and emoji": ("1️⃣ First 😀!", "1 First!"),
    "zero-width characters": ("\u200bHe\u200bl\u2060lo\ufeff.", "Hello."),
    "lines broken in other ways": ("one\rtwo\r\nthree", "one two three"),
    "an address": ("https://www.example.com/a?b=c and me@x.org", "example.com and me@x.org"),
    "only marks": ("…!? *** -- 😀 \u200b", ""),
}


def said(text: str, styles: bool = False) -> str:
    return " ".join(clause.spoken for clause in clauses_as_written(text, styles))


@pytest.mark.parametrize(("text", "expected"), SAID.values(), ids=SAID)
def test_what_is_written_is_said(text: str, expected: str) -> None:
    assert said(text).replace("， ", "，") == expected


def test_a_style_that_was_asked_for_is_followed_and_not_said() -> None:
    clauses = clauses_as_written("[Sad] He left. [angry] Come back!", styles=True)
    assert [(clause.spoken, clause.style) for clause in clauses] == [("He left.", "sad"), ("Come back!", "angry")]


@pytest.mark.parametrize("text", ["[yes] or [no]", "Choose [calm] or [sad] now.", "[laughs] Hi.", "[Sad story] Hi."])
def test_where_styles_were_asked_for_other_words_in_brackets_are_said(text: str) -> None:
    assert said(text, styles=True) == text


WORDS = st.sampled_from(["yes", "no", "Sighs", "laughs", "User", "He", "waves", "微笑", "你好", *STYLES])
MARKS = st.text("[]()*_~`#>|!?.,:;\"'-（）【】《》{}", max_size=4)


@given(st.lists(st.tuples(MARKS, WORDS, MARKS, st.sampled_from([" ", "\n", " \u200b"])), min_size=1, max_size=12))
def test_no_word_is_lost_whatever_stands_around_it(parts: list[tuple[str, str, str, str]]) -> None:
    text = "".join("".join(part) for part in parts)
    assert re.findall(r"\w+", said(text).replace("_", " ")) == [word for _before, word, *_after in parts]
