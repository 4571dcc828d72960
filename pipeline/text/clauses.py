"""A language model's text as it streams, cut into clauses that can be spoken.

Synthesis starts with the first clause, so that one is short; later ones are as long as a sentence, for the melody.

Theory of operation. `Markup` gives the visible text. It is read unit by unit: a Han character or kana, or a run
without spaces ("3.14", "e.g.", "example.com"), each with the punctuation that opens and closes it, so that nothing
breaks inside such a run. A unit is judged when it is known what follows it. But where a plain word and a plain sentence
end are the very end of what was pushed, the clause ends at once, without the delay of one more token, unless the dot may
be one within a name ("example" "." "com"): a third of all dots behind a word in lower case. Should the next push go on
without a space, what it adds (the "!" of "?!", a stray quote) opens the next clause: shown, not spoken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from pipeline.text.blocks import Block, Blocks, Part
from pipeline.text.language import language_of
from pipeline.text.speakable import ACTING, WIDE, Acting, Markup, Piece, cleaned, speakable, visible
from pipeline.text.styles import STYLES


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the reply that is spoken in one go.

    text: what is shown, with the space or line break before it: the transcript is the clauses' texts joined. What is
    done and not said stands in asterisks in it.
    spoken: what a synthesiser is given; nothing where all of the text is acting.
    style: one of `STYLES` where a mark before this clause changes it.
    """

    text: str
    spoken: str
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """A length of text: so many words, or so many Chinese characters, or a mixture."""

    words: int
    characters: int

    def __add__(self, other: Size) -> Size:
        return self if other is _NONE else Size(self.words + other.words, self.characters + other.characters)

    def reaches(self, other: Size) -> bool:
        """Whether the sum of both shares is at least the whole of `other`."""
        return self.words * other.characters + self.characters * other.words >= other.words * other.characters


@dataclass(frozen=True, slots=True)
class Shape:
    """How long a clause is at least, by what it ends at."""

    sentence: Size
    """At the end of a sentence or line."""
    pause: Size
    """At a comma, colon, semicolon or dash."""
    joint: Size
    """Before a conjunction, or behind one item of a Chinese enumeration."""
    anywhere: Size
    """Between any two words: no clause is longer."""


@dataclass(frozen=True, slots=True)
class ClauseLimits:
    """Where clauses may end."""

    first: Shape = Shape(sentence=Size(1, 1), pause=Size(3, 4), joint=Size(8, 12), anywhere=Size(12, 20))
    """Until as much as `first.pause` is spoken: a lone "Yes." leaves no time to make a long clause behind it."""
    later: Shape = Shape(sentence=Size(3, 4), pause=Size(13, 20), joint=Size(28, 50), anywhere=Size(40, 80))
    """From then on."""
    enclosed: Size = Size(12, 20)
    """How long a quotation or parenthesis is at least before a clause ends in it."""


_DEFAULTS = ClauseLimits()
_NONE, _WORD, _CHARACTER = Size(0, 0), Size(1, 0), Size(0, 1)
_PAIRS = dict(zip("([{“「『《〈（【", ")]}”」』》〉）】", strict=True))
_OPENING = re.escape("([{“‘「『《〈（【\"'¿¡«")
_CLOSING = ")]}”’」』》〉）】\"'»"
_TAIL_WIDE = "。！？；，、：⋯—」』》〉）】～"
_TAIL = re.escape(f".,;:!?…{_CLOSING}{_TAIL_WIDE}")
_NOT_IN_RUN = rf"\s{WIDE}{re.escape(_TAIL_WIDE)}“「『《〈（【"
_UNIT = re.compile(
    rf"(?P<gap>[ \n]?)(?P<open>[{_OPENING}]{{0,99}})"
    rf"(?P<core>[{WIDE}]|(?:(?<=[ \n{_OPENING}])|(?![{_TAIL}]))[^{_NOT_IN_RUN}]{{0,199}}[^{_NOT_IN_RUN}{_TAIL}]|)"
    rf"(?P<tail>[{_TAIL}]{{0,99}})"
)
_BRACKET = re.compile(rf"[{re.escape(''.join(_PAIRS) + ''.join(_PAIRS.values()))}\"]")
_WIDE = re.compile(f"[{WIDE}]")
_WITHOUT_CLOSING = dict.fromkeys(map(ord, _CLOSING))
_DASHES = frozenset(("-", "--", "---", "–", "––"))
_JOINTS = frozenset(
    "and but or so because that which who where when while if since although though until unless before after"
    " then".split()
)
_WIDE_JOINTS = tuple("但是 因为 所以 而且 然后 不过 如果 并且 或者 可是 虽然 于是".split())
_BEFORE_NAME = frozenset(
    "Mr Mrs Ms Dr Prof St Mt Ft Gen Col Capt Lt Sgt Maj Rev Hon Sen Rep Gov Pres Messrs Mme Mlle"
    " mr mrs ms dr vs e.g i.e a.k.a cf approx viz ca".split()
)
_BEFORE_NUMBER = frozenset(
    (
        "No no Nos nos Vol vol Vols p pp Ch ch Chs Sec sec Sect Fig fig Figs figs Art Eq eq Eqs eqs Op op Tab Thm Lem"
        " Def Prop ext Ext Ref Refs App Alg Cor c ca b d fl"
    ).split()
)
_ABBREVIATED = frozenset(
    "etc a.m p.m A.M P.M al Inc Ltd Co Corp Jr Sr Ph.D M.D B.A M.A ft oz lb lbs hr hrs min sec tsp tbsp yd gal qt pt sq"
    " approx est dept Dept Ave Blvd Rd Bros"
    " Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun".split()
)
_INITIALS = re.compile(r"(?:[A-Z]\.)*[A-HJ-Z]|(?:[A-Z]\.)+[A-Z]")
_PLAIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PLAIN_TAILS = frozenset((".", "!", "?", ",", ";", ":", "...", "?!", "!!", "!!!", "??"))
_NO_NAME_BEGINS = frozenset(
    "it me you them us him her so too well now here there again today do go then this that one yourself myself us all"
    " more much yet off out up down on in away back over for with about of to at from before after not is are was were"
    " be been have has had did done does can will would should could may might must enough though anyway either neither"
    " else ever never always sometimes together alone tomorrow yesterday tonight soon later first once twice".split()
)
"""Words that no address, page or file is called by, so that a dot behind them ends the sentence."""
_NO_NAME_FOLLOWS = frozenset(
    "a an the my your his her its our their this that these those some any no every each another much many more most"
    " less very so too quite really rather pretty not never always just only even still also again being been was were"
    " be am are do does did can could will would shall should may might must have has had i you he she it we they who"
    " what how all both own same other next last first old new good great little long few one two three".split()
)
"""Words behind which a name with a dot in it hardly ever stands: "the answer." """
_SCHEMES = frozenset("http https ftp file mailto tel".split())


class _Ending(Enum):
    """What a unit may be the end of."""

    NOTHING = auto()
    JOINT = auto()
    PAUSE = auto()
    SENTENCE = auto()
    UNDECIDED = auto()


def _is_word(text: str) -> bool:
    return any(map(str.isalnum, text))


def _size_of(core: str) -> Size:
    if not _is_word(core):
        return _NONE
    return _CHARACTER if _WIDE.match(core) else _WORD if len(core) < 20 else Size(1 + len(core) // 20, 0)


def _is_plain(core: str, tail: str) -> bool:
    """Whether what ends with `tail` ends here, whatever follows without a space hardly being possible."""
    if tail[-1:] in ("。", "！", "？", "；"):
        return True
    if tail in ("，", "：") or tail.endswith("……"):
        return not core[-1:].isdigit()
    if not _PLAIN_WORD.fullmatch(core) or (tail == ":" and core.lower() in _SCHEMES):
        return False
    return tail in _PLAIN_TAILS


def _ending(core: str, tail: str, after: str) -> _Ending:
    """What `core` with its punctuation is the end of; `after` are the next two characters, as far as they are known."""
    if not tail:
        return _Ending.PAUSE if core in _DASHES else _Ending.NOTHING
    marks = tail.translate(_WITHOUT_CLOSING)
    following = after.strip(" ")[:1]
    match marks[-1:]:
        case "" | "～":
            return _Ending.NOTHING
        case "、":
            return _Ending.JOINT
        case "," | ";" | ":" | "，" | "；" | "：" | "—":
            if marks == "—" and (following.isdigit() or after == " "):  # "1月1日—7日"; it is not known what follows yet
                return _Ending.NOTHING if following else _Ending.UNDECIDED
            if not core[-1:].isdigit():
                return _Ending.PAUSE
            if not following and after != "\n":  # "July 4, 1976" and "1, 2 or 3" are not cut
                return _Ending.UNDECIDED
            return _Ending.NOTHING if following.isdigit() else _Ending.PAUSE
    ending = _ending_in_dot(core, following) if marks == "." else _Ending.SENTENCE
    if ending is _Ending.SENTENCE and marks != tail and not _WIDE.match(core):
        return _Ending.PAUSE if following.islower() else ending if following else _Ending.UNDECIDED  # "Yes!" he said
    return ending


def _ending_in_dot(core: str, following: str) -> _Ending:
    if _WIDE.match(core) or following == "\n":
        return _Ending.SENTENCE
    if core in _BEFORE_NAME or _INITIALS.fullmatch(core):
        return _Ending.NOTHING
    if core in _BEFORE_NUMBER:
        continues = following.isdigit() or following in ("(", "[")
    elif core in _ABBREVIATED:
        continues = not (following.isupper() or _WIDE.match(following))
    elif len(core) > 1 and core.islower() and _PLAIN_WORD.fullmatch(core):
        return _Ending.SENTENCE
    else:
        continues = following.islower()
    if not following:
        return _Ending.UNDECIDED
    return _Ending.NOTHING if continues else _Ending.SENTENCE


class _Unit(NamedTuple):
    """What is read next. More punctuation of the unit before has that unit's core and tail, but no size."""

    gap: str
    opening: str
    core: str
    tail: str
    size: Size
    end: int


class Clauses:
    """Takes the reply as it streams and returns the clauses that are complete. Keeps at most one clause of text.

    A style mark ends the clause before it. Where pushes end at the model's tokens, the clauses do not depend on how the
    text was cut; however it was cut, the transcript is the same but for punctuation after the last word.
    """

    def __init__(self, limits: ClauseLimits = _DEFAULTS, language: str = "en", markup: Markup | None = None) -> None:
        """language: BCP 47 primary tag of what is said in place of code and tables where no text comes before them.

        markup: what reads the text.
        """
        self._limits, self._language = limits, language
        self._shape = limits.first
        self._markup = markup or Markup()
        self._blocks = None if self._markup.reads_blocks else Blocks()
        self._text = ""
        self._start = self._at = 0
        self._size = self._said = self._enclosed = _NONE
        self._open: list[str] = []
        self._core = self._tail = ""
        self._style: str | None = None
        self._cut_any = self._behind_block = self._acted = False

    def push(self, text: str) -> list[Clause]:
        """Take more text; return the clauses that are complete by it."""
        return list(self._take_parts(self._blocks.push(text) if self._blocks else [text]))

    def finish(self) -> list[Clause]:
        """The text is over: return the rest. What is pushed after that begins a new line."""
        clauses = [*self._take_parts(self._blocks.finish() if self._blocks else [])]
        clauses += [*self._take(self._markup.finish()), *self._cut(len(self._text))]
        self._text, self._start, self._at, self._size, self._acted = "", 0, 0, _NONE, False
        return clauses

    def _take_parts(self, parts: list[Part]) -> Iterator[Clause]:
        for part in parts:
            if isinstance(part, str):
                yield from self._take(self._markup.push(part))
            else:
                yield from self._take(self._markup.push("\n"))
                yield from self._cut(len(self._text))
                yield self._block(part)

    def _block(self, block: Block) -> Clause:
        text = self._text[self._start :]
        gap = "\n" if text or self._cut_any else ""
        shown = visible(block.text) if block.kind == "table" else cleaned(block.text)
        style, self._style = self._style, None
        self._text, self._start, self._at, self._behind_block = "", 0, 0, True
        return Clause(f"{text}{gap}{shown}", block.spoken(self._language), style)

    def _take(self, pieces: list[Piece]) -> Iterator[Clause]:
        for piece in pieces:
            if isinstance(piece, str):
                self._write(piece)
            elif isinstance(piece, Acting):
                yield from self._split("\n")
                yield from self._cut(self._at)
                self._write(f" *{piece.text}*" if self._text or self._cut_any else f"*{piece.text}*")
                self._at, self._acted = len(self._text), True
            elif piece.name in STYLES:
                yield from self._split("\n")
                yield from self._cut(self._at)
                self._style = piece.name
        yield from self._split(self._markup.gap)
        self._text, self._at, self._start = self._text[self._start :], self._at - self._start, 0

    def _write(self, text: str) -> None:
        if self._behind_block:
            text = "\n" + text.lstrip()
        elif self._acted and text[:1] not in " \n":
            text = " " + text
        self._text += text
        self._behind_block = self._acted = False

    def _split(self, gap: str) -> Iterator[Clause]:
        """Read the units up to the end of the text, which `gap` follows if anything is known to."""
        while self._at < len(self._text):
            unit = self._read()
            ending = self._ending(unit, self._text[unit.end : unit.end + 2] or gap)
            if ending is _Ending.UNDECIDED:
                return
            if self._ends_before(unit):
                yield from self._cut(self._at)
            self._pass(unit)
            if self._ends_after(ending):
                yield from self._cut(self._at)
        if gap == "\n" and self._size.reaches(self._shape.sentence):
            yield from self._cut(self._at)

    def _read(self) -> _Unit:
        match = _UNIT.match(self._text, self._at)
        assert match, "every character opens, is or closes something"
        gap, opening, core, tail = match.groups()
        end = match.end()
        if '"' in tail and '"' not in self._open and self._text[end : end + 1].strip():  # it opens what follows
            end, tail = end - len(tail) + tail.index('"'), tail[: tail.index('"')]
        size = _size_of(core)
        if tail and not core and not gap:
            core, tail = self._core, self._tail[-99:] + tail
        return _Unit(gap, opening, core, tail, size, end)

    def _ending(self, unit: _Unit, after: str) -> _Ending:
        if unit.gap == "\n" and unit.tail == "." and unit.core.isdecimal() and len(unit.core) < 3:
            return _Ending.NOTHING  # it numbers what follows
        if after:
            return _ending(unit.core, unit.tail, after)
        hurried = not self._markup.undecided and not self._open and not _BRACKET.search(unit.opening + unit.tail)
        plain = _is_plain(unit.core, unit.tail) and not self._may_begin_a_name(unit)
        return _ending(unit.core, unit.tail, "") if hurried and plain else _Ending.UNDECIDED

    def _may_begin_a_name(self, unit: _Unit) -> bool:
        """Whether the dot behind a word may be followed by more of an address, as in "write to jane.doe@example.com"."""
        if unit.tail != "." or unit.core.lower() in _NO_NAME_BEGINS:
            return False
        return self._core.lower() not in _NO_NAME_FOLLOWS

    def _ends_before(self, unit: _Unit) -> bool:
        if self._size is _NONE:
            return False
        if unit.gap == "\n":
            return self._size.reaches(self._shape.sentence)
        if unit.size is _NONE:
            return False
        joins = unit.core.lower() in _JOINTS or self._text.startswith(_WIDE_JOINTS, self._at + len(unit.gap))
        return self._size.reaches(self._shape.anywhere) or (joins and self._ends_after(_Ending.JOINT))

    def _ends_after(self, ending: _Ending) -> bool:
        if ending is _Ending.NOTHING or (self._open and not self._enclosed.reaches(self._limits.enclosed)):
            return False
        shape = self._shape
        sizes = {_Ending.SENTENCE: shape.sentence, _Ending.PAUSE: shape.pause, _Ending.JOINT: shape.joint}
        return self._size.reaches(sizes[ending])

    def _pass(self, unit: _Unit) -> None:
        if unit.gap == "\n":
            self._open.clear()
        for bracket in _BRACKET.findall(self._text, self._at, unit.end):
            if bracket in self._open:
                del self._open[self._open.index(bracket) :]
            elif closing := _PAIRS.get(bracket, bracket if bracket in unit.opening and unit.size is not _NONE else ""):
                self._open = [*self._open[-7:], closing]  # nobody nests deeper
        self._at, self._core, self._tail = unit.end, unit.core, unit.tail
        self._size += unit.size
        self._enclosed = self._enclosed + unit.size if self._open else _NONE

    def _cut(self, end: int) -> Iterator[Clause]:
        text = self._text[self._start : end]
        spoken = speakable(text, acting=self._blocks is not None)
        if not _is_word(spoken):
            if self._said is _NONE or not ACTING.search(text):
                return
            spoken = ""
        self._language, self._cut_any = language_of(spoken, self._language), True
        yield Clause(text, spoken, self._style)
        self._start, self._style, self._said = end, None, self._said + self._size
        self._size = self._enclosed = _NONE
        if self._said.reaches(self._limits.first.pause):
            self._shape = self._limits.later
