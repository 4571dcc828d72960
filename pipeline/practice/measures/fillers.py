"""Words that only fill the time: sounds such as "um", and words that are fillers where they stand.

"You know", "like" and 那个 have other uses, so that they count by their place alone: between pauses or punctuation, beside
another filler, or where nothing follows that they could belong to. What is in doubt does not count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.practice.measures.turn import OrderedTurn

_SOUNDS = "(?:um+|uhm+|uh+|er+|erm+|em|hm+|mm+|ah+|eh)"
_SUBJECT = r"(?:i|i'm|i've|i'd|i'll|he|he's|she|she's|we|we're|they|they're|it's|that's|there's)"
_KNOWN = (
    "that|what|how|why|where|who|whom|which|when|if|the|a|an|this|these|those|about|of|him|her|it|them|me|us|my|your|his|"
    "their|our|any|some|every|everything|everyone|everybody|something|someone|anything|nothing|all|both|one|more|better"
)
"""What may follow "you know" as what is known."""


def _unless_after(words: str) -> str:
    return "".join(f"(?<! {word} )" for word in words.split())


_BEFORE_LIKE = "(?:(?<= was )|(?<= is )|(?<= it's )|(?<= and )|(?<= so )|(?<= but )|(?<= just )|(?<= um )|(?<= uh ))"
_ENGLISH = (
    rf"(?<= ){_SOUNDS}(?= )",
    rf"(?<= ){_unless_after('do did does if as that what how to can could would will should may might let because')}"
    rf"you know(?= )(?! (?:{_KNOWN}) )",
    rf"(?<= ){_unless_after('what do did if that')}i mean(?= )(?! (?:it|that|what|this|by|to|business|you|the|every) )",
    r"(?<=\| )like(?= \| )",
    rf"(?<=\| )like(?= {_SUBJECT} )",
    rf"{_BEFORE_LIKE}like(?= (?:\| )?(?:really|so|very|super|totally|literally|you know|kind of|sort of|{_SOUNDS}) )",
    rf"(?:(?<= and )|(?<= so )|(?<= but )|(?<= um )|(?<= uh ))like(?= {_SUBJECT} )",
    rf"(?<= ){_unless_after('a an the this that what which some any these those no one every same two all of')}"
    r"(?:kind|sort) of(?= )(?! (?:thing|things|person|people|stuff|way) )",
)
_CHINESE = (
    r"嗯+|呃+|唔+|欸|诶",
    r"(?<=\|)(?:额+|啊+|哎|呣)(?=\|)",
    r"(?:那个|这个)(?:那个|这个)+(?!\|?[人时])",
    r"(?:那个|这个)(?=\|)(?<![了的过是在把给要看买吃对和用叫]..)",
    r"(?<=\|)(?:那个|这个)(?=(?:嗯|呃|我|你|他|她|咱|就是|怎么说))",
    r"(?:就是)(?:就是)+",
    r"(?<![这那不也都我你他她们话的])(?:就是)(?=\||嗯|呃)",
    r"就是说(?=\|)|怎么说呢|怎么说(?=\|)",
)
_PATTERNS: Mapping[str, Sequence[re.Pattern[str]]] = {
    "en": tuple(map(re.compile, _ENGLISH)),
    "zh": tuple(map(re.compile, _CHINESE)),
}
LANGUAGES = frozenset(_PATTERNS)


def fillers_in(turn: OrderedTurn) -> Sequence[range]:
    """The indices of the words of each filler, in order; none in languages whose fillers are not known."""
    taken: set[int] = set()
    found: list[range] = []
    for pattern in _PATTERNS.get(turn.language, ()):
        for words in turn.line.found(pattern):
            if not taken.intersection(words):
                taken.update(words)
                found.append(words)
    return sorted(found, key=lambda words: words.start)
