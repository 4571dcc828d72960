"""What character cards, and models that follow them, write beside what is said: narration, notes, comments. Pure.

Much of it `Markup` knows in any text, by its words. A character whose own texts tell what happens in asterisks or brackets
(`is_narrated`) goes on like that, so that there the place decides: what begins a sentence in them is narration. It is shown
when it ends, and never said.
"""

from __future__ import annotations

import re

from pipeline.characters.character import Character, all_greetings
from pipeline.text.acting import is_direction
from pipeline.text.speakable import Markup, speakable

_WORD = re.compile("[\u3400-\u9fff]|[^\\W\u3400-\u9fff]+")
_CLOSING = {"*": "*", "_": "_", "(": ")", "（": "）", "【": "】", "［": "］", "〔": "〕"}
_STARRED = re.compile(r"(?:^|\n|[.!?…。！？\"”」』*] ?)\*(?![* ])([^*\n]{8,2000})\*(?!\*)")
_BRACKETED = re.compile(r"(?:^|\n|[.!?…。！？\"”」』] ?)[(（【]([^()（）【】\n]{4,2000})[)）】]")
_TELLS = re.compile("^(?:[她他它我]|旁白|场景|动作|[Nn]arrator|[Ss]cene)|[\u3400-\u9fff][。！？…]$")
_NARRATED_WORDS = 4
"""Of so many words what stands in asterisks is no emphasis."""

_NOTE = re.compile(r"[(\[（【［]{1,2} ?(?:OOC|ooc|[Oo]\.[Oo]\.[Cc]\.?) ?[:：,， -]")
_NOTE_BEGUN = re.compile(r"[(\[（【［]{1,2} ?(?:o\.?(?:o\.?(?:c\.? ?)?)?)?", re.IGNORECASE)
_OPEN, _CLOSE = "([（【［", ")]）】］"
_NOTE_LINE, _NOTE_LINE_BEGUN, _LINE_ENDS = re.compile(r"OOC ?[:：]"), re.compile(r"O{1,2}|OOC ?"), re.compile(r"(?=\n)")
_LINE = re.compile(r"\[([^\[\]\n]{1,400})\] *(?=\n)")
_LINE_BEGUN = re.compile(r"\[[^\[\]\n]{0,400}(?:\] *)?")
_IMAGE = re.compile(r"\[([^\[\]\n]{0,120})\]\([^()\n]{0,400}(?:\([^()\n]{0,100}\)[^()\n]{0,100})?\)")
_COMMENT, _COMMENT_ENDS = "<!--", re.compile("-->")
_STYLE = re.compile(r"<(?:style|script)\b[^<>\n]{0,200}>", re.IGNORECASE)
_STYLE_ENDS = re.compile(r"</(?:style|script)\s*>", re.IGNORECASE)
_LONGEST_END = 10
"""Characters of what ends something that is left out, which may come in two pieces."""


class CharacterMarkup(Markup):
    """Reads what a character says. narrated: whether what begins a sentence in asterisks or brackets is narration.

    Left out for everybody: what the author says to the player (`[OOC: …]`), comments and styles of HTML. A whole line in
    square brackets is narration. Of what is narrated nothing is held back but its first character: it can be long.
    """

    def __init__(self, narrated: bool = False) -> None:
        super().__init__()
        self._narrates = narrated
        self._opening = self._narrated = ""
        self._left_out_until: re.Pattern[str] | None = None
        self._note_depth = 0
        self._in_image = False

    @property
    def undecided(self) -> bool:
        return super().undecided or bool(self._opening or self._left_out_until or self._note_depth)

    def _step(self, held: str, at: int) -> int:
        if self._left_out_until:
            return self._leave_out(held, at, self._left_out_until)
        if self._note_depth:
            return self._leave_note(held, at)
        return self._narrate(held, at) if self._opening else super()._step(held, at)

    def _begin_line(self, held: str, at: int) -> int:
        if _LINE_BEGUN.fullmatch(held, at) or _NOTE_LINE_BEGUN.fullmatch(held, at):
            return 0
        if note := _NOTE_LINE.match(held, at):
            self._left_out_until = _LINE_ENDS
            return self._drop(note.end())
        if (line := _LINE.match(held, at)) and not _NOTE.match(held, at) and len(_WORD.findall(line[1])) > 1:
            return self._act(_plain(line[1]), line.end())
        return super()._begin_line(held, at)

    def _mark_up(self, char: str, held: str, at: int) -> int:
        if char in _OPEN:
            if _NOTE_BEGUN.fullmatch(held, at):
                return 0
            if note := _NOTE.match(held, at):
                self._note_depth = sum(map(note[0].count, _OPEN))
                return self._drop(note.end())
        if self._narrates and char in _CLOSING and self._begins_sentence() and not self._emphasis:
            after = held[at + 1 : at + 2]
            if not after:
                return 0
            if after.strip() and after != char:
                self._opening, self._narrated = char, ""
                return at + 1
        return super()._mark_up(char, held, at)

    def _exclaim(self, held: str, at: int) -> int:
        self._in_image = True
        end = super()._exclaim(held, at)
        self._in_image = False
        return end

    def _link(self, held: str, at: int) -> int | None:
        if self._in_image and (image := _IMAGE.match(held, at)) and (shown := _plain(image[1])):
            return self._act(shown, image.end())
        return super()._link(held, at)

    def _tag(self, held: str, at: int) -> int:
        if _COMMENT.startswith(held[at:]) and len(held) - at < len(_COMMENT):
            return 0
        style = _STYLE.match(held, at)
        if style or held.startswith(_COMMENT, at):
            self._left_out_until = _STYLE_ENDS if style else _COMMENT_ENDS
            return self._drop(style.end() if style else at + len(_COMMENT))
        return super()._tag(held, at)

    def _leave_out(self, held: str, at: int, until: re.Pattern[str]) -> int:
        if end := until.search(held, at):
            self._left_out_until = None
            return self._drop(end.end()) or super()._step(held, at)
        known = len(held) - _LONGEST_END
        return known if known > at else 0

    def _leave_note(self, held: str, at: int) -> int:
        """Leave out what stands in brackets, up to the last one of them or the end of the line."""
        for end in range(at, len(held)):
            self._note_depth += (held[end] in _OPEN) - (held[end] in _CLOSE)
            if held[end] == "\n":
                self._note_depth = 0
                return end or super()._step(held, at)
            if not self._note_depth:
                return self._drop(end + 1)
        return self._drop(len(held))

    def _narrate(self, held: str, at: int) -> int:
        """Take in what is narrated, up to what closes it or the end of the line."""
        closing, end = _CLOSING[self._opening], at
        while end < len(held) and held[end] not in (closing, "\n"):
            end += 1
        self._narrated += held[at:end]
        stars = closing in "*_" and held[end : end + 1] == closing
        if end == len(held) or (stars and end + 1 == len(held)):
            return end if end > at else 0
        if stars and held[end + 1] == closing:
            return end + 2  # what is bold within it
        return self._end_narration(held, end)

    def _end_narration(self, held: str, end: int) -> int:
        opening, self._opening = self._opening, ""
        closed = held[end] != "\n"
        told, after = _plain(self._narrated), end + closed
        if _is_narration(told, opening):
            self._act(told, after)
        elif told:
            self._write(told if opening in "*_" else f"{opening}{told}{held[end] if closed else ''}", after)
        return after or super()._step(held, end)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[*_`]+(?!\w)|(?<!\w)[*_`]+|<[^<>]{1,200}>", "", text).split())


def _is_narration(told: str, opening: str) -> bool:
    """Whether it is not only a word or two that are stressed, or an aside of one word."""
    if is_direction(told, ""):
        return True
    words = len(_WORD.findall(told))
    if opening in "*_" and (told[:1].isupper() or "\u3400" <= told[:1] <= "\u9fff"):
        return words > 2 or (words == 2 and told[-1:] in ".!?…。！？")
    return words > 1


def is_narrated(character: Character) -> bool:
    """Whether the character's own texts tell what happens in asterisks or brackets."""
    own = [text for tag in character.languages for text in all_greetings(character, tag)]
    own += [line for exchanges in character.exchanges.values() for exchange in exchanges for line in exchange.says]
    return any(map(_narrates, own))


def _narrates(text: str) -> bool:
    starred = (len(_WORD.findall(told)) >= _NARRATED_WORDS for told in _STARRED.findall(text))
    return any(starred) or any(is_direction(told, "") or _TELLS.search(told) for told in _BRACKETED.findall(text))


def shown_of(text: str) -> str:
    """A character's text that is whole, without what is narrated and without markup."""
    markup = CharacterMarkup()
    return "".join(piece for piece in markup.push(text) + markup.finish() if isinstance(piece, str)).strip()


def said_of(text: str, narrated: bool = False) -> str:
    """What a voice says of a character's text that is whole: neither what is narrated nor any markup."""
    markup = CharacterMarkup(narrated)
    pieces = markup.push(text) + markup.finish()
    return speakable("".join(piece if isinstance(piece, str) else " " for piece in pieces))
