"""What small language models write besides the character's own words: who speaks, the person's next line, quotes, loops.

`InCharacter` leaves that out as the text streams. It holds text back only while it may be the beginning of a speaker's
name at the beginning of a line ("Det" of "Detective:"), so that plain speech passes at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.text.speakable import WIDE

OWN_LABELS = (
    "assistant", "ai", "bot", "character", "model", "reply", "response", "answer", "a", "output", "{{char}}",
    "助手", "角色", "回答", "回复", "答",
)  # fmt: skip
PERSON_LABELS = (
    "user", "human", "person", "you", "me", "the user", "player", "q", "question", "instruction", "input", "{{user}}",
    "用户", "使用者", "人类", "你", "我", "玩家", "问",
)  # fmt: skip
_DECORATION = '*_[]【】<>"“”# '
_ASIDE = r"(?:\*(?!\*)[^*\n:：]{1,240}\*|\([^()\n]{1,160}\)|（[^（）\n]{1,160}）|【[^【】\n:：]{1,160}】)"
_ASIDE_BEGUN = re.compile(
    r"\s*(?:\*(?!\*)[^*\n:：]{0,240}\*?|\([^()\n]{0,160}\)?|（[^（）\n]{0,160}）?|【[^【】\n:：]{0,160}】?)\s*"
)
_LABEL = re.compile(
    rf"[ \n{re.escape(_DECORATION)}]*+([^\n:：]{{1,40}}?)[{re.escape(_DECORATION)}]{{0,8}}"
    rf"(?:{_ASIDE}[* ]*)?[:：][*_\]】]*[ ]*"
)
_ASIDE_LAST = re.compile(r" ?(?:[(（][^()（）\n]{0,60}[)）]?|\*[^*\n]{1,60}\*{0,2}) ?\Z")
_MARK = re.compile(rf"\s*(?:\[[A-Za-z-]{{1,20}}\]|{_ASIDE})\s*")
_MARK_BEGUN = re.compile(r"\s*\[[A-Za-z-]{0,20}\]?\s*")
"""A style, a sound or acting, which may stand before all that."""
_QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』", "«": "»"}
_TOKEN = re.compile(rf"[{WIDE}]|[^\W_{WIDE}]+")
REPEATS = 3
"""A stretch that follows itself this often, and is long enough, is a loop."""
_ENDLESS = re.compile(rf"[^\W\d_{WIDE}]+")
FEW_LETTERS = 8
LONGEST_HELD = 400
"""Characters that are held back in case they turn out to be a label."""
LONGEST_WORD, LONGEST_WORDLESS = 150, 400
"""Characters; what goes on without a space, or without a word, for longer is no speech either."""
LONGEST_REPEATED, SHORTEST_LOOP = 60, 15
"""Words or Chinese characters: of what is repeated at most, and of all its repetitions together at least."""


class InCharacter:
    """names: what the character is called, in any language. `over`: what follows is not the character's to say."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        own = {label.casefold() for name in names if name for label in (name, *name.split()) if len(label) > 1}
        self._labels = {**dict.fromkeys(PERSON_LABELS, False), **dict.fromkeys((*OWN_LABELS, *own), True)}
        self.over = False
        self._held = ""
        self._line_begins = True
        self._skipping = self._labelled = False
        self._closing: str | None = ""
        self._spoken = False
        self._recent = list[str]()
        self._unread = ""

    def push(self, text: str) -> str:
        """Take more text; return what of it, and of what was held back, is the character's."""
        if self.over:
            return ""
        self._held += text
        said = ""
        while self._held and not self.over:
            if self._line_begins and not self._skipping:
                said += self._take_mark()
            if self._line_begins and not self._begin_line():
                break
            line, broken, rest = self._held.partition("\n")
            said += self._say(line + broken)
            self._held, self._line_begins = rest, bool(broken)
        return said

    def finish(self) -> str:
        """The text is over: return what was still held back. What is pushed after that begins a new line."""
        held, self._held, self._line_begins = self._held, "", True
        return "" if self.over else self._say(held)

    def _take_mark(self) -> str:
        mark = _MARK.match(self._held)
        if not mark or self._held[mark.end() : mark.end() + 1] in ("", ":", "："):
            return ""
        self._held = self._held[mark.end() :]
        return mark[0]

    def _begin_line(self) -> bool:
        """Take a speaker's name off the held line. False: more text has to decide whether there is one."""
        label = _LABEL.match(self._held)
        own = self._labels.get(label[1].casefold()) if label else None
        if label and own is not None:
            self.over = not own and self._spoken
            self._skipping = not own
            self._held = "" if self.over else self._held[label.end() :]
            self._labelled = True
        elif len(self._held) < LONGEST_HELD and "\n" not in self._held.lstrip("\n") and self._may_be_a_label():
            return False
        self._line_begins = False
        return True

    def _may_be_a_label(self) -> bool:
        if _MARK_BEGUN.fullmatch(self._held) or _ASIDE_BEGUN.fullmatch(self._held):
            return True
        begun = self._held.lstrip(_DECORATION + "\n").casefold()
        begun = _ASIDE_LAST.sub("", begun)
        bare = begun.rstrip(_DECORATION)
        return any(known.startswith(begun) or known == bare for known in self._labels)

    def _say(self, text: str) -> str:
        if self._skipping:
            return ""
        if self._labelled:
            text = text.lstrip("*_]】 ")
            self._labelled = not text
        text = self._unquoted(text)
        self._spoken = self._spoken or any(map(str.isalnum, text))
        self._listen(text)
        return text

    def _unquoted(self, text: str) -> str:
        """Without the quotation marks that an answer opens with, and the ones that close those."""
        if self._closing is None:
            return text
        if not self._closing:
            begun = text.lstrip()
            if not begun:
                return text
            self._closing = _QUOTES.get(begun[0])
            if self._closing is None:
                return text
            text = begun[1:]
        if self._closing in text:
            text, self._closing = text.replace(self._closing, "", 1), None
        return text

    def _listen(self, text: str) -> None:
        """Notice when the last words are the same few over and over."""
        self._unread += text
        if len(self._unread) > LONGEST_WORD and not text.isspace() and self._goes_on():
            self.over = True
            return
        words = _TOKEN.findall(self._unread)
        if len(words) < 8 and "\n" not in text:
            return
        last = words.pop() if words and self._unread[-1:].isalnum() and not re.match(f"[{WIDE}]", words[-1]) else ""
        self._unread = last
        self._recent = [*self._recent, *(word.casefold() for word in words)][-REPEATS * LONGEST_REPEATED - 8 :]
        # Words came eight or so at once: a loop may have been complete at any of them.
        self.over = any(self._loops(end) for end in range(len(self._recent), len(self._recent) - len(words), -1))

    def _goes_on(self) -> bool:
        """Whether what was not read yet is a word without an end, or no word at all."""
        word = self._unread[-LONGEST_WORD:]
        if _ENDLESS.fullmatch(word) and len(set(word.casefold())) < FEW_LETTERS:
            return True
        return len(self._unread) > LONGEST_WORDLESS and not _TOKEN.search(self._unread[-LONGEST_WORDLESS:])

    def _loops(self, end: int) -> bool:
        recent = self._recent[:end]
        for period in range(1, min(LONGEST_REPEATED, len(recent) // REPEATS) + 1):
            times = max(REPEATS, -(-SHORTEST_LOOP // period))
            stretch = recent[-period:]
            if len(recent) >= times * period and recent[-times * period :] == stretch * times:
                return True
        return False
