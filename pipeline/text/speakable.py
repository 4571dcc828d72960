"""Model text is written for eyes: markdown, emoji, links, stage directions. A voice must never see them.

`Markup` turns it, as it streams, into visible text (captions, transcript); `visible` does so for a text that is whole;
`speakable` turns visible text into what a synthesiser is given.

Theory of operation of `Markup`. Most characters are visible as they come. One that may begin markup is held back until
what follows decides it, at most a few hundred characters later. Each `*_BEGUN` pattern matches the texts that could
still become that markup: every proper prefix of the whole pattern, so that the outcome never depends on how the text
was cut. A line break decides everything, and `finish` is a line break.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.text.acting import MARKS, SENTENCE_ENDS, is_aside, is_direction, is_known
from pipeline.text.formulas import plain_formulas

WIDE = (
    r"\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    r"\U00020000-\U0003ffff"
)
"""Regex ranges of the scripts written without spaces: Han and kana."""

EMOJI = (
    r"\u2139\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2775"
    r"\u2794-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff\U000e0020-\U000e007f"
)
"""Regex ranges of emoji, pictographs, flags, skin tones and tags; the circled digits between them are content."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A word alone in square brackets, such as `[cheerful]`, in lower case. It is nowhere in the text."""

    name: str


@dataclass(frozen=True, slots=True)
class Acting:
    """A stage direction: what is done and not said. It is nowhere in the text."""

    text: str


Piece: TypeAlias = str | Mark | Acting


def _cleaning() -> dict[int, int | None]:
    """Maps characters that format or control to nothing, and every space to " " or a line break."""
    formatting = [0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFE0E, 0xFE0F, 0xFEFF]
    broken = [*range(0x20), *range(0x7F, 0xA0), 0xFFFD, *range(0xD800, 0xE000)]
    spaces = [*map(ord, "\t\u00a0\u1680\u202f\u205f\u3000"), *range(0x2000, 0x200B)]
    table: dict[int, int | None] = dict.fromkeys(formatting + broken)
    return (
        table
        | dict.fromkeys(spaces, ord(" "))
        | dict.fromkeys(map(ord, "\n\r\v\f\x85\u2028\u2029"), ord("\n"))
        | {ord("＊"): ord("*")}
    )


_CLEANING = _cleaning()
_DECORATION = re.compile(rf"[*_~`{EMOJI}\u200d\u20e3]")
_PICTURE = re.compile(rf"[{EMOJI}\u200d\u20e3]")
_LETTER = re.compile(rf"[^\W_{WIDE}]")
_PLAIN = re.compile(rf"[^ \n*_~`\[!(（【［〔<&\\:|#0-9{EMOJI}\u200d\u20e3]+|[#0-9](?=[^\u20e3])")
_AFTER_PUNCTUATION = re.compile(rf"[ \n{WIDE}]")
_ENDED = re.compile(r"[.,;:!?…。，；：！？、—–-][^\w\s]*$")
_RUN = re.compile(r"([*_~`])\1{0,79}")
_REST_OF_URL = re.compile(rf"[^\s<>\"“”*`|\]」》）。，；！？、{WIDE}{EMOJI}]*")

_LINE = re.compile(
    r"(?P<rule>[-*_=:| ]{1,200}\n)|(?P<fence>`{3,80}[^`\n]{0,40}\n)|(?P<heading>#{1,6} )|(?P<quote>>(?=[ >\n]))"
    r"|(?P<bullet>[-+*•◦▪●‣] )|(?P<item>\d{1,2})[.)] |(?P<row>\|)"
)
_LINE_BEGUN = re.compile(r"[-*_=:| ]{1,200}|`{1,80}|`{3,80}[^`\n]{0,40}|#{1,6}|[>+•◦▪●‣]|\d{1,2}[.)]?")
_CELL = re.compile(r"\| {0,200}")

_TARGET = r"[^()\n]{0,400}(?:\([^()\n]{0,100}\)[^()\n]{0,100})?"
_LINK = re.compile(rf"\[([^\[\]\n]{{0,120}})\]\({_TARGET}\)")
_LINK_BEGUN = re.compile(rf"\[[^\[\]\n]{{0,120}}(?:\](?:\((?:{_TARGET}|[^()\n]{{0,400}}\([^()\n]{{0,100}}))?)?")
_BRACKET = re.compile(r"\[([^\[\]\n]{0,120})\]")
_MARK = re.compile(r"[A-Za-z]+(?:-[a-z]+)*")
_NOTE = re.compile(rf"\^?[\d, –-]*|[A-Za-z][a-z'-]*(?: [a-z'-]+){{0,3}}|[{WIDE}]{{1,6}}")
_PARENTHESIS = re.compile(r"[(（【［〔]([^()（）【】［］〔〕\n]{1,160})[)）】］〕]")
_PARENTHESIS_BEGUN = re.compile(r"[(（【［〔][^()（）【】［］〔〕\n]{0,40}")
_ASIDE_BEGUN = re.compile(r"[(（【［〔][^()（）【】［］〔〕\n]{0,160}")
"""Where a sentence begins, a stage direction may be longer than what is known to be one elsewhere."""
_RUNS = [char * count for char in "*_" for count in (1, 2, 3)]
_STARRED = {
    run: re.compile(rf"{re.escape(run)}(?![ {run[0]}])([^{run[0]}\n]{{1,240}})(?<! ){re.escape(run)}(?=[^{run[0]}])")
    for run in _RUNS
}
_STARRED_BEGUN = {
    run: re.compile(rf"{re.escape(run)}(?![ {run[0]}])[^{run[0]}\n]{{0,240}}(?:(?<! )\{run[0]}{{1,{len(run)}}})?")
    for run in _RUNS
}
_MAY_ACT = re.compile(rf"[a-z{WIDE}]|[A-Z][a-z]*(?=[*_]|\Z)|(?:He|She|They|The|I|Her|His|Their|My) ")
"""How acting in several asterisks may begin; other words in bold are not held back."""
_UNCLOSED = re.compile(r"[*_]{1,3}(?![ *_])([^*_\n]{1,240})\n")
"""A model that was cut, or forgot."""
_TAG = re.compile(r"<(/?)([A-Za-z][\w-]{0,20})(?:[^<>\n\w-][^<>\n]{0,200})?>")
_TAG_BEGUN = re.compile(r"</?(?:[A-Za-z][\w-]{0,20}(?:[^<>\n\w-][^<>\n]{0,200})?)?")
_BREAKING_TAGS = frozenset(
    "br p div li ul ol tr table h1 h2 h3 h4 h5 h6 hr blockquote pre details summary center".split()
)
_INLINE_TAGS = frozenset("a b i u s em strong code span sub sup mark small kbd".split())
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}\d{0,2});")
_ENTITY_BEGUN = re.compile(r"&(?:#\d{0,7}|#[xX][0-9a-fA-F]{0,6}|[A-Za-z]{0,8}|[A-Za-z]{2,8}\d{1,2})")
_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")


class Markup:
    """Takes model text as it streams and gives the visible text and the marks in it, in order.

    Spaces are single, and so are line breaks; they come with the character that follows, so none is ever last.

    What stands in asterisks or underscores is a stage direction, and `Acting`, when it begins a sentence or a clause and
    is a known one ("*sighs*", "*clears throat*"), or when it begins a sentence and says that somebody does something: in
    several words that open in lower case with a verb in -s or -ing ("*leans in closer*"), with a person and what they do
    ("*She tilts her head*"), or in Chinese with such a verb in it. Else it is emphasis and stays. Likewise in round and
    black brackets, where known ones are acting anywhere: "(born 1879)" is content. In square brackets a single word is a
    mark; nothing, numbers (a citation) and up to four words in lower case vanish; the rest is content.
    """

    reads_blocks = False
    """Whether code and tables are read like all else, and not apart from it (`pipeline/text/blocks.py`)."""

    def __init__(self) -> None:
        self.gap = ""
        """The space or line break that is known to follow the visible text so far."""
        self._held = ""
        self._pieces: list[Piece] = []
        self._fresh: list[str] = []
        self._tail = ""
        self._removed = False
        self._line_begins = True
        self._last_item = 0
        self._in_row = self._in_code = self._in_url = False
        self._emphasis = ""

    @property
    def undecided(self) -> bool:
        """Whether text after the visible one is held back or was removed."""
        return bool(self._held) or self._removed

    def push(self, text: str) -> list[Piece]:
        """Take more text; return what became visible by it, marks and texts in turn."""
        held = self._held + text.translate(_CLEANING)
        at = 0
        while at < len(held) and (end := self._step(held, at)):
            at = end
        self._held = held[at:]
        self._flush()
        pieces, self._pieces = self._pieces, []
        return pieces

    def finish(self) -> list[Piece]:
        """The text is over: return what was still held back."""
        return self.push("\n")

    # A step takes the held text and where it is in it. It returns where to go on, or 0 to wait for more text.

    def _step(self, held: str, at: int) -> int:
        char = held[at]
        if char == "\n":
            return self._break_line(at + 1)
        if char == " ":
            self.gap = self.gap or " "
            self._in_url = False
            return at + 1
        if self._line_begins:
            return self._begin_line(held, at)
        if self._removed and char in MARKS and not held.startswith("![", at):
            return self._close_up(held, at)
        if self._in_url:
            if (url := _REST_OF_URL.match(held, at)) and url[0]:
                return self._write(url[0], url.end())
            self._in_url = False
        if plain := _PLAIN.match(held, at):
            return self._write(plain[0], plain.end())
        if char in "#0123456789":
            return self._keycap(held, at) if at + 1 < len(held) else 0  # one, or not yet known to be one
        if char == "\u200d" and not self._removed:
            return self._write(char, at + 1)  # joins letters of Indic scripts; behind an emoji it goes with it
        if _PICTURE.match(char):
            return self._drop(at + 1)
        if self._in_code and char != "`":
            return self._write(char, at + 1)
        return self._mark_up(char, held, at)

    def _mark_up(self, char: str, held: str, at: int) -> int:
        match char:
            case "*" | "_" | "~" | "`":
                return self._emphasize(held, at)
            case "[":
                return self._bracket(held, at)
            case "!":
                return self._exclaim(held, at)
            case "(" | "（" | "【" | "［" | "〔":
                return self._parenthesis(held, at)
            case "<":
                return self._tag(held, at)
            case "&":
                return self._entity(held, at)
            case "|" if self._in_row:
                return self._cell(held, at)
            case "\\" if escape := _ESCAPE.match(held, at):
                return self._write(escape[0][1], escape.end())
            case "\\" if at + 1 == len(held):
                return 0
            case ":" if self._tail.lower().endswith(("http", "https")) and not self.gap:
                self._in_url = held.startswith("://", at)
                return self._write(char, at + 1) if self._in_url or not "://".startswith(held[at:]) else 0
        return self._write(char, at + 1)

    def _break_line(self, end: int) -> int:
        self.gap, self._emphasis, self._line_begins = "\n", "", True
        self._in_row = self._in_code = self._in_url = False
        return end

    def _begin_line(self, held: str, at: int) -> int:
        if _LINE_BEGUN.fullmatch(held, at):
            return 0
        if line := _LINE.match(held, at):
            match line.lastgroup:
                case "rule":
                    return self._break_line(line.end())
                case "quote" | "bullet":
                    return line.end()
                case "fence" if end := self._fenced(line.end()):
                    return end
                case "item" if end := self._numbered(int(line["item"]), line.end()):
                    return end
                case "heading" | "row" as kind:
                    self._in_row, self._line_begins = kind == "row", False
                    return line.end()
        self._line_begins = False
        return self._step(held, at)

    # What follows is other where a text is read aloud as it is written (`pipeline/text/read_aloud.py`).

    def _fenced(self, end: int) -> int:
        return self._break_line(end)

    def _numbered(self, number: int, end: int) -> int:
        """Where the line's text begins; 0 if the number is one that is said."""
        if number not in (1, self._last_item + 1):
            return 0
        self._last_item = number
        return end

    def _keycap(self, held: str, at: int) -> int:
        return self._drop(at + 2)

    def _cell(self, held: str, at: int) -> int:
        cell = _CELL.match(held, at)
        end = cell.end() if cell else at
        if end == len(held) and end - at <= 200:
            return 0
        if self.gap != "\n" and not held.startswith("\n", end):
            self.gap = ""
            if self._tail and not _ENDED.search(self._tail):
                self._write(",", end)
            self.gap = " "
        return end

    def _emphasize(self, held: str, at: int) -> int:
        run = _RUN.match(held, at)
        end = run.end() if run else at
        length, mark, before, after = end - at, held[at], self._before(), held[end : end + 1]
        if length == 80 or not after:
            return end if length == 80 else 0
        if mark == "`":
            self._in_code ^= length < 3
            return end
        if length == 1 and mark == self._emphasis:
            self._emphasis = ""
            return end
        if (
            held[at:end] == "*"
            and (before.isdigit() or before in ")]")
            and before
            and (after.isdigit() or after in "([")
        ):
            return self._write("*", end)  # it multiplies
        may_act = length == 1 or (length <= 3 and self._begins_sentence() and _MAY_ACT.match(held, end))
        if may_act and mark != "~" and not _LETTER.match(before):
            if starred := _STARRED[held[at:end]].match(held, at):
                if self._is_direction(starred[1]):
                    return self._act(starred[1], starred.end())
                self._emphasis = mark if length == 1 else self._emphasis
                return end
            if _STARRED_BEGUN[held[at:end]].fullmatch(held, at):
                return 0
            if (unclosed := _UNCLOSED.match(held, at)) and self._is_direction(unclosed[1]):
                return self._act(unclosed[1], unclosed.end(1))
        joins = _LETTER.match(before) and _LETTER.match(after) and (length == 1 or mark == "_" or before.isdigit())
        alone = not before and after in " \n" and length == 1
        return self._write(held[at:end], end) if joins or alone or (mark == "~" and length == 1) else end

    def _begins_sentence(self) -> bool:
        return self.gap == "\n" or self._tail[-1:] in SENTENCE_ENDS

    def _is_direction(self, starred: str) -> bool:
        return is_direction(starred, "" if self.gap == "\n" else self._tail[-1:])

    def _link(self, held: str, at: int) -> int | None:
        if link := _LINK.match(held, at):
            words = _DECORATION.sub("", link[1]).split()
            return self._write(" ".join(words), link.end()) if words else self._drop(link.end())
        return 0 if _LINK_BEGUN.fullmatch(held, at) else None

    def _exclaim(self, held: str, at: int) -> int:
        before = self._before()
        if not before or not (before.isalnum() or before in MARKS):  # an image begins here, if anywhere
            if at + 1 == len(held):
                return 0
            if held[at + 1] == "[" and (image := self._link(held, at + 1)) is not None:
                return image
        return self._write("!", at + 1)

    def _bracket(self, held: str, at: int) -> int:
        if (link := self._link(held, at)) is not None:
            return link
        bracket = _BRACKET.match(held, at)
        content = bracket[1].strip() if bracket else ""
        index = len(content) == 1 and content.isalpha() and _LETTER.match(self._before())  # as in a[i]
        if not bracket or index or not (_MARK.fullmatch(content) or _NOTE.fullmatch(content)):
            return self._write("[", at + 1)
        if _MARK.fullmatch(content):
            self._flush()
            self._pieces.append(Mark(content.lower()))
        return self._drop(bracket.end())

    def _parenthesis(self, held: str, at: int) -> int:
        parenthesis = _PARENTHESIS.match(held, at)
        content = parenthesis[1].strip() if parenthesis else ""
        aside = held[at] != "(" and is_aside(content)
        if parenthesis and (aside or is_known(content) or self._is_direction(content)):
            return self._act(content, parenthesis.end())
        begun = _ASIDE_BEGUN if self.gap == "\n" or self._tail[-1:] in SENTENCE_ENDS else _PARENTHESIS_BEGUN
        if not parenthesis and begun.fullmatch(held, at):
            return 0
        return self._write(held[at], at + 1)

    def _tag(self, held: str, at: int) -> int:
        tag = _TAG.match(held, at)
        if not tag:
            return 0 if _TAG_BEGUN.fullmatch(held, at) else self._write("<", at + 1)
        name, address = tag[2].lower(), held[at + 1 : tag.end() - 1]
        if name in _BREAKING_TAGS:
            return self._break_line(tag.end())
        if " " not in address and ("://" in address or "@" in address):
            return self._write(address, tag.end())
        if name in _INLINE_TAGS or tag[1]:
            return tag.end()
        return self._write("<", at + 1) if _LETTER.match(self._before()) else self._drop(tag.end())

    def _entity(self, held: str, at: int) -> int:
        entity = _ENTITY.match(held, at)
        if not entity:
            return 0 if _ENTITY_BEGUN.fullmatch(held, at) else self._write("&", at + 1)
        char = _PICTURE.sub("", html.unescape(entity[0]).translate(_CLEANING))
        if char.isspace():
            self.gap = self.gap or " "
        return self._write(char, entity.end()) if char.strip() else entity.end()

    def _before(self) -> str:
        return "" if self.gap else self._tail[-1:]

    def _act(self, text: str, end: int) -> int:
        self._flush()
        self._pieces.append(Acting(text.strip()))
        return self._drop(end)

    def _drop(self, end: int) -> int:
        self._removed = True
        return end

    def _write(self, text: str, end: int) -> int:
        if self._removed and not self.gap and _LETTER.match(self._tail[-1:]) and _LETTER.match(text):
            self.gap = " "
        self._fresh.append(self.gap + text if self._tail else text)
        self._tail = (self._tail + text)[-8:]
        self.gap, self._removed, self._line_begins = "", False, False
        return end

    def _close_up(self, held: str, at: int) -> int:
        """Punctuation behind what was removed goes with it, or goes to the word before."""
        end = at + 1
        while end < len(held) and end - at < 20 and held[end] in MARKS:
            end += 1
        if end == len(held) and end - at < 20:
            return 0
        if _AFTER_PUNCTUATION.match(held, end):  # else it begins something, such as .5
            if self.gap == "\n" or not self._tail or _ENDED.search(self._tail):
                return end
            self.gap = ""
        return self._write(held[at:end], end)

    def _flush(self) -> None:
        if self._fresh:
            self._pieces.append("".join(self._fresh))
            self._fresh.clear()


def cleaned(text: str) -> str:
    """The text as it stands, without characters that format or control."""
    return text.translate(_CLEANING)


def visible(text: str) -> str:
    """The text as captions show it: without markdown, emoji, marks and stage directions."""
    markup = Markup()
    pieces = markup.push(text) + markup.finish()
    return "".join(piece for piece in pieces if isinstance(piece, str))


_PATH = rf"(?:[^\s\"{WIDE}，。；：！？、（）《》「」“”]*(?![{WIDE}])[\w/=&#%+-])?"
_ADDRESS = re.compile(
    rf"(?<![a-z0-9@])(?:https?://(?:www\.)?|www\.)([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?:[/?#:]{_PATH})?"
    rf"|(?<![a-z0-9@._-])((?:[a-z0-9-]+\.)+[a-z]{{2,}})/{_PATH}",
    re.IGNORECASE,
)
_NARROW: dict[int, str] = {0xFEE0 + code: chr(code) for code in range(0x21, 0x7F) if chr(code) not in "!(),:;?"}
_NARROW |= {0x2460 + number: str(number + 1) for number in range(20)}
_SILENT = dict.fromkeys([*range(0x2190, 0x2200), *range(0x27F0, 0x2800), *range(0x2900, 0x2980)], " ")  # arrows
_SILENT |= dict.fromkeys([*range(0x2500, 0x25CB), *range(0x25CC, 0x2600)], " ")  # boxes and shapes; ○ is a zero
_SILENT |= dict.fromkeys(map(ord, "|\\~`™®©•·‣※\u20e3\u200d"), " ")
_ABOUT = r"(?<![\w.,%°℃℉)])[~～〜∼] ?(?=[$€£¥￥]?\d)"
_BETWEEN_CIRCLED = re.compile("(?<=[①-⑳])(?=[①-⑳])")
_BEFORE_SIGNS = [
    (re.compile(pattern), spoken)
    for pattern, spoken in (
        (r"(?<=[\d%°℃℉CF点分时日号月元块岁天度万千百亿人米斤kgm]) ?[~～〜∼] ?(?=[-−$€£¥￥]?\d)", "–"),
        (rf"(?<=[{WIDE}]) ?{_ABOUT}|{_ABOUT}(?=[\d.,%]{{1,20}} ?[{WIDE}])", "约"),
        (_ABOUT, "about "),
        (r"(\b(?:about|around|roughly|approximately|nearly|almost) )about ", r"\1"),
        ("(大约|大概|约|近|差不多)约", r"\1"),
        (r"(?<![\w)])\^|\^(?![\w(])", " "),
        (r"_(?![\w.+-]{0,64}@\w)", " "),
        (r"[~～]+(?=[.,!?…。，！？\"”’\s]|\Z)|(?<!\S)(?:[:;=]['-]?[()DP3]+|[xX]D+|[Tt]_[Tt]|\^ ?\^)(?!\w)", ""),
    )
]
"""What would be lost with the signs that are silent: a range, "about", a power, the underscores of an address."""
_SIGNS = [
    (re.compile(pattern), spoken)
    for pattern, spoken in (
        (r"(?<=\d)：(?=\d)", ":"),
        (rf"(?<=[{WIDE}]) ?#(?=\d)|(?<!\w)#(?=\d+ ?[{WIDE}])", "第"),
        (r"(?<!\w)#(?=\d)", "number "),
        (r"(?<!\w)#(?=\w)", ""),
        (rf"(?<=[{WIDE}]) ?& ?| ?& ?(?=[{WIDE}])", "和"),
        (r" ?& ?", " and "),
        (rf"(?<=[{WIDE}])\n", "，"),
        (r"(?<=[^\s.,;:!?…。，；：！？、—])\n", ", "),
        (r"\s+", " "),
        (r"^(?:[\s,;:!?…)\]}”’»。，；：！？、）」』》】—–]|\.(?!\d)|[-\"](?= ))+", ""),
    )
]


ACTING = re.compile(r"(?<![A-Za-z0-9_*)\]])\*(?! )[^*\n]+(?<! )\*(?![A-Za-z0-9_*])")
"""How a clause's text shows what is done and not said; `visible` text has no other use for asterisks round words."""


def speakable(text: str, *, acting: bool = True) -> str:
    """What a synthesiser is given for a clause's text: addresses by their domain, signs as words, plain Latin letters.

    acting: whether what stands in asterisks is done and not said.

    "#1 & https://www.example.com/a?b" gives "number 1 and example.com". Punctuation that opens it is dropped: it is
    left over from what was said before.
    """
    text = plain_formulas(
        _BETWEEN_CIRCLED.sub(" ", (ACTING.sub(" ", text) if acting else text).strip()).translate(_NARROW)
    )
    text = _ADDRESS.sub(lambda address: address[1] or address[2], text)
    for pattern, spoken in _BEFORE_SIGNS:
        text = pattern.sub(spoken, text)
    text = text.translate(_SILENT)
    for pattern, spoken in _SIGNS:
        text = pattern.sub(spoken, text)
    return text.strip()
