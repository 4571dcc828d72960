"""Whether a pause stands between two clauses or within one: by punctuation, and by words, as recognisers often write none.

A clause begins with a conjunction or a word that joins ("and", "because", 但是), in English also with a pronoun that can
only be a subject, unless the word before still wants it ("and I", "do they"). In Chinese it also ends with 吗, 的时候 and
the like. Fillers at the pause are passed over. A pause between two nouns that "and" joins counts as between clauses; to
know better one would have to parse.
"""

from __future__ import annotations

from collections.abc import Collection

from pipeline.practice.measures.turn import OrderedTurn, Pause, plain

_OPENING = frozenset(
    "and but or so because 'cause cos although though while whereas if unless until when whenever before after since as "
    "that which who whose where why how what then however therefore also anyway well otherwise".split()
)
_SUBJECTS = frozenset(
    "i i'm i've i'd i'll he he's he'd he'll she she's she'd she'll we we're we've we'd we'll they they're they've they'd "
    "they'll it's that's there's there let's you're you've".split()
)
_WANTING = _OPENING | frozenset(
    "do does did don't didn't am is are was were have has had can can't could will would shall should may might must "
    "than like".split()
)
"""Behind these a subject goes on with what has begun."""
_CHINESE_OPENING = (
    "因为 所以 但是 可是 不过 然后 而且 如果 要是 虽然 或者 还是 还有 于是 那么 后来 首先 其次 最后 另外 "
    "比如 其实 只是 只有 只要 除了 为了 既然 无论 不管 尽管 即使 就算 并且 否则 同时 接着 我 你 他 她 它 咱"
).split()
_CHINESE_CLOSING = (*"吗呢吧啊呀啦嘛", "的时候", "以后", "以前", "之后", "之前", "的话")
_CHINESE_WANTING = "和跟把被给对向从比让叫请是说想觉得在的因为所以但是可是不过然后而且如果要是虽然或者"
_LONGEST = 3
LANGUAGES = frozenset(("en", "zh"))


def is_between(turn: OrderedTurn, pause: Pause, fillers: Collection[int]) -> bool:
    """Whether the pause is one between clauses. fillers: indices of the turn's words that are fillers."""
    before = next((n for n in range(pause.at - 1, -1, -1) if n not in fillers), -1)
    after = next((n for n in range(pause.at, len(turn.words)) if n not in fillers), len(turn.words))
    if before < 0 or after >= len(turn.words):
        return True
    if any(turn.clause_ends(n) for n in range(before + 1, after + 1)):
        return True
    if turn.language == "zh":
        said = "".join(plain(word.text) for word in turn.words[max(0, before + 1 - _LONGEST) : before + 1])
        coming = "".join(plain(word.text) for word in turn.words[after : after + _LONGEST])
        if said.endswith(_CHINESE_CLOSING):
            return True
        opens = coming.startswith(tuple(_CHINESE_OPENING))
        return opens and not (coming[:1] in "我你他她它咱" and said[-1:] in _CHINESE_WANTING)
    said, coming = plain(turn.words[before].text), plain(turn.words[after].text)
    return (coming in _OPENING and said not in _OPENING) or (coming in _SUBJECTS and said not in _WANTING)
