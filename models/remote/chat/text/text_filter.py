"""Of a model's text as it streams: what is said, that it thinks, and the calls that it writes as text. Pure.

Theory of operation. Text is cut at the marks of `marks`; between two it belongs to the state that the last one led to:

    SAID ──thought──▶ THOUGHT ──thought over──▶ SAID       SAID ──call──▶ CALL ──its end──▶ SAID
    any ──the turn is over──▶ AFTER                        any ──header──▶ HEADER ──body──▶ SAID, THOUGHT, CALL or AFTER

What comes after the turn is not the answer, and once somebody else's turn began nothing is: models that miss their end
write the person's next line. A header says whose turn it is, or in which channel.

A thought that is closed and was never opened began where the answer did: templates of some models open it. So text of a
model that is not known yet is held back for its first `hold` characters, and longer where it sounds like a thought; if
it went out nevertheless, `RETRACTED` takes it back. How the text is cut into pieces on its way changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import Enum, auto
from typing import TypeAlias

from models.remote.chat.text.dialects import WrittenCall, calls_in
from models.remote.chat.text.marks import Kind, Mark, certain, ending, first_mark

LONGEST_CALL = 100_000
"""Characters; what is longer is thrown away."""
LONGEST_HELD = 20_000
"""Characters that are held back because they sound like a thought."""
_LIKE_THOUGHT = re.compile(
    r"\A\W{0,3}(?:okay|ok|alright|hmm+|we need|we should|i need to|i should|let me|let's|first\b|so,? "
    r"|好的?，|嗯|首先|我需要|让我)|\bthe user\b|用户",
    re.IGNORECASE,
)
LONGEST_LEAKED = 100
"""Characters in which the name of a call must come where a server threw away the marks around it."""
LONGEST_END = 40
"""Characters of the mark that ends a call."""
_FENCE = re.compile(r"```(?:json|tool_code|tool_calls?|python|xml)?[ \t]*\n", re.IGNORECASE)
_FENCE_BEGUN = re.compile(r"`{1,3}(?:\w{0,10}[ \t]*)?\Z")
_JSON = re.compile(r"(?:functools)?(?:\{|\[\s*\{)")
_OBJECT_BEGUN = re.compile(r'\{\s*(?:"(?:[a-z_]{0,9}"?\s*:?\s*(?:"[\w.-]{0,80}"?)?)?)?\Z')
_JSON_BEGUN = re.compile(r"\[\s*\Z")
_LEAKED_CALL = re.compile(r"(?:assistant)?commentary ?to=(?:functions\.)?(?P<name>[\w.-]+)\s*(?:code|json)?(?=\s*\{)")
_LEAKED = re.compile(r"analysis(?=[^a-z\s.,:;'’])")
"""Harmony's channel where a server threw away the marks around its name."""
_OTHERS = re.compile("user|system|observation|tool|INST")
_LEAKED_END = re.compile(r"assistant\s?final(?=[^a-z])")


class Sign(Enum):
    """What is told beside words and calls. THOUGHT: it thinks; RETRACTED: all that was said so far was a thought."""

    THOUGHT = auto()
    RETRACTED = auto()


Part: TypeAlias = str | Sign | WrittenCall


class _State(Enum):
    SAID = auto()
    THOUGHT = auto()
    CALL = auto()
    HEADER = auto()
    AFTER = auto()
    OVER = auto()


class TextFilter:
    """Takes the text of one answer.

    tools: names of the functions that were offered. hold: characters of text that are held back, in case they turn out to
    be a thought; None for all of it. opened_by_template: whether they did.
    """

    def __init__(self, tools: Collection[str] = (), hold: int | None = 0) -> None:
        self.opened_by_template = False
        self._tools, self._hold = tools, hold
        named = "|".join(map(re.escape, tools))
        self._bare = re.compile(rf"\[?\s*(?:{named})\(")
        self._object = re.compile(rf'\{{\s*"(?:name|function|tool|tool_name)"\s*:\s*"(?:functions\.)?(?:{named})"')
        self._state = _State.SAID
        self._rest = ""
        self._kept: list[str] = []
        self._kept_size = 0
        self._collected = self._call_end = self._fence = ""
        self._said_any = self._spaced = self._begun = False

    def push(self, text: str) -> list[Part]:
        """What of `text`, and of what was held back before, is certain."""
        self._rest = "" if self._state is _State.OVER else self._rest + text
        return list(self._parts(last=False))

    def finish(self) -> list[Part]:
        """The answer is over: what is left of it."""
        parts = list(self._parts(last=True))
        if self._state is _State.CALL:
            parts += self._end_call(self._collected, closed=False)
        return [*parts, *self.release()]

    def release(self) -> list[Part]:
        """Hold nothing back any more: thoughts of this model come otherwise."""
        self._hold = 0
        kept, self._kept, self._kept_size = self._kept, [], 0
        return ["".join(kept)] if any(kept) else []

    @property
    def holds(self) -> bool:
        """Whether all text is held back, as if it were a thought."""
        return self._hold is None and self._state is _State.SAID

    # --- Cutting at marks ---------------------------------------------------------------------------------------------

    def _parts(self, *, last: bool) -> Iterator[Part]:
        while self._state is not _State.OVER:
            if self._state is _State.CALL:
                if not self._collect(last=last):
                    return
                yield from self._end_call(self._collected, closed=True)
            elif self._state is _State.SAID and not self._begun:
                if not self._look_at_beginning(last=last):
                    return
            elif found := self._next_mark():
                mark, start, end = found
                text, self._rest = self._rest[:start], self._rest[end:]
                yield from self._take(text)
                yield from self._turn(mark)
            else:
                sure = len(self._rest) if last else self._certain()
                text, self._rest = self._rest[:sure], self._rest[sure:]
                yield from self._take(text)
                return

    def _next_mark(self) -> tuple[Mark, int, int] | None:
        found = first_mark(self._rest)
        fence = _FENCE.search(self._rest) if self._tools and self._state is _State.SAID else None
        if fence and (found is None or fence.start() < found[1]):
            found = Mark(Kind.CALL, fence[0], "```"), fence.start(), fence.end()
        bare = self._object.search(self._rest) if self._tools and self._state is _State.SAID else None
        if bare and (found is None or bare.start() < found[1]):
            found = Mark(Kind.CALL, ""), bare.start(), bare.start()
        leaked = _LEAKED_END.search(self._rest) if self._state is _State.THOUGHT else None
        if leaked and (found is None or leaked.start() < found[1]):
            found = Mark(Kind.THOUGHT_OVER, leaked[0]), leaked.start(), leaked.end()
        line = self._rest.find("\n") if self._state is _State.HEADER else -1
        if line >= 0 and (found is None or line < found[1]):
            found = Mark(Kind.BODY, "\n"), line, line + 1
        return found

    def _certain(self) -> int:
        sure = certain(self._rest)
        if self._tools and self._state is _State.SAID and (begun := _FENCE_BEGUN.search(self._rest)):
            sure = min(sure, begun.start())
        if self._tools and self._state is _State.SAID and (begun := _OBJECT_BEGUN.search(self._rest)):
            sure = min(sure, begun.start())
        if self._state is _State.THOUGHT:
            sure = min(sure, max(0, len(self._rest) - len("assistant final ")))
        return sure

    def _look_at_beginning(self, *, last: bool) -> bool:
        """Whether it is known how the answer begins: with words and marks, with JSON, or with a channel's bare name."""
        text = self._rest.lstrip()
        undecided = "analysis".startswith(text) or (self._tools and self._may_be_a_call(text))
        if undecided and not last:
            return False
        self._begun = True
        if self._tools and (called := _LEAKED_CALL.match(text)):
            self._rest, self._state, self._call_end = text[called.end() :], _State.CALL, r"<\|(?:call|end|return)\|>"
            self._collected = called["name"] + " "
            return True
        if leaked := _LEAKED.match(text):
            self._rest, self._state = text[leaked.end() :], _State.THOUGHT
        elif self._tools and (_JSON.match(text) or self._bare.match(text)):
            self._state, self._call_end, self._collected = _State.CALL, "", ""
        return True

    def _may_be_a_call(self, text: str) -> bool:
        """Whether a text without a mark may still turn out to begin with a call."""
        if _JSON_BEGUN.match(text) or "functools[".startswith(text):
            return True
        leaked = text.removeprefix("assistant")
        if "commentary to=".startswith(leaked) or (leaked.startswith("commentary") and len(leaked) < LONGEST_LEAKED):
            return not _LEAKED_CALL.match(text) and "\n" not in text
        bare = text.removeprefix("[").lstrip()
        return any(f"{name}(".startswith(bare) for name in self._tools)

    # --- States -------------------------------------------------------------------------------------------------------

    def _turn(self, mark: Mark) -> Iterator[Part]:
        """Go on as `mark` says."""
        match mark.kind, self._state:
            case _, _State.OVER:
                self._rest = ""
            case Kind.BODY, _State.HEADER:
                yield from self._begin_body()
            case Kind.HEADER, _:
                self._state, self._collected = _State.HEADER, ""
            case Kind.CHANNEL, _State.HEADER:
                self._collected += " "
            case Kind.CHANNEL, _:
                self._state, self._collected = _State.HEADER, ""
            case Kind.BODY, _:
                self._answer()
            case Kind.TURN_OVER, _ if self._said_any or self._state is not _State.SAID:
                self._state = _State.OVER if _OTHERS.search(mark.text) else _State.AFTER
            case _, _State.HEADER | _State.AFTER:
                pass
            case Kind.THOUGHT, _:
                yield from self.release()
                self._state = _State.THOUGHT
                yield Sign.THOUGHT
            case (Kind.THOUGHT_OVER, _State.THOUGHT) | (Kind.ANSWER, _State.THOUGHT):
                self._answer()
            case Kind.THOUGHT_OVER, _State.SAID:
                yield from self._close_unopened()
            case Kind.CALL, _State.SAID:
                named = mark.text if mark.text.lower().startswith(("<function", "<invoke")) else ""
                self._state, self._call_end, self._collected = _State.CALL, mark.end, named
                self._fence = mark.text if mark.end == "```" else ""
            case _:
                pass

    def _take(self, text: str) -> Iterator[Part]:
        """Text up to the next mark."""
        match self._state:
            case _State.SAID if text:
                yield from self._say(text)
            case _State.THOUGHT if text:
                yield Sign.THOUGHT
            case _State.HEADER:
                self._collected += text
            case _:
                pass

    def _begin_body(self) -> Iterator[Part]:
        """A header is complete: whose turn is it, in which channel?"""
        header = self._collected.lower().split()
        called = next(
            (word.removeprefix("to=") for word in self._collected.split() if word.lower().startswith("to=")), ""
        )
        self._collected = ""
        if called:
            self._state, self._call_end = _State.CALL, r"<\|(?:call|end|return)\|>"
            self._collected = called.removeprefix("functions.") + " "
            self._fence = ""
        elif {"analysis", "thought", "thinking"} & set(header):
            self._state = _State.THOUGHT
            yield Sign.THOUGHT
        elif not header or {"assistant", "model", "final", "commentary", "bot", "response"} & set(header):
            self._answer()
        else:
            self._state = _State.OVER if self._said_any else _State.AFTER

    def _answer(self) -> None:
        """What follows is said; it begins here."""
        self._state, self._spaced, self._begun = _State.SAID, False, False

    # --- Words --------------------------------------------------------------------------------------------------------

    def _say(self, text: str) -> Iterator[Part]:
        """Words, without the empty lines at the start and after a thought."""
        text = text if self._spaced else text.lstrip()
        if not text:
            return
        self._spaced = self._said_any = True
        self._kept.append(text)
        self._kept_size += len(text)
        if self._hold == 0 or (self._hold is not None and self._kept_size >= self._hold and not self._sounds_thought()):
            yield from self.release()

    def _sounds_thought(self) -> bool:
        return self._kept_size < LONGEST_HELD and bool(_LIKE_THOUGHT.search("".join(self._kept)))

    def _close_unopened(self) -> Iterator[Part]:
        self.opened_by_template = self.opened_by_template or self._said_any
        went_out = self._hold == 0 and self._said_any
        self._kept, self._kept_size, self._hold = [], 0, 0
        self._said_any = False
        self._answer()
        yield Sign.RETRACTED if went_out else Sign.THOUGHT

    # --- Calls --------------------------------------------------------------------------------------------------------

    def _collect(self, *, last: bool) -> bool:
        """Take what certainly belongs to the call; whether its end was found."""
        found = ending(self._call_end).search(self._rest) if self._call_end else None
        sure = found.start() if found else len(self._rest) if last else max(0, len(self._rest) - LONGEST_END)
        if len(self._collected) < LONGEST_CALL:
            self._collected += self._rest[:sure]
        self._rest = self._rest[found.end() if found else sure :]
        return found is not None

    def _end_call(self, text: str, *, closed: bool) -> Iterator[Part]:
        """The calls of a text; what is none is said after all if no mark of a call stood before it."""
        self._state, self._collected = _State.SAID, ""
        marked = bool(self._call_end) and not self._fence
        calls = [call for call in calls_in(text) if call.name in self._tools]
        yield from calls
        if not calls and not marked:
            yield from self._say(self._fence + text + ("```" if self._fence and closed else ""))
        self._fence = ""
