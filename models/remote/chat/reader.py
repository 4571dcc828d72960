"""The values of one streamed answer → what the loop is told of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from models.remote.chat.answer import CallPiece, Failure, Finish, Growth, Text, Thought, Tokens, pieces_of
from models.remote.chat.calls import Call, Calls
from models.remote.chat.text.dialects import WrittenCall
from models.remote.chat.text.text_filter import Part, Sign, TextFilter
from pipeline.engines.protocols import ChatEvent, Retracted, TextDelta, Thinking, ToolCall, Usage

LONGEST_THOUGHT = 100_000
"""Characters of it that are kept for the answer's calls."""


class Failed(Exception):
    """The server told in the middle of its answer that it cannot go on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.status)
        self.failure = failure


class AnswerReader:
    """Takes the values of an answer in order; text passes through, calls and usage gather until the end.

    tools, hold: as `TextFilter` takes them. begun: something of the answer came; said: words of it were passed on.
    finish: the server's word for its end.
    thought: what was thought in a field of its own, for servers that want it back.
    """

    def __init__(self, tools: Collection[str], hold: int | None) -> None:
        self.begun = False
        self.finish = self.thought = ""
        self.calls: list[Call] = []
        self._filter = TextFilter(tools, hold)
        self._growth = Growth()
        self._pieces = Calls()
        self._written: list[WrittenCall] = []
        self._tokens = Tokens(0, 0)
        self._thought_apart = self.said = False

    @property
    def opened_by_template(self) -> bool | None:
        """Whether this answer began with a thought that nothing marked; None if it does not tell."""
        if self._filter.opened_by_template:
            return True
        return False if self.said and not self._thought_apart else None

    def take(self, value: Any) -> list[ChatEvent]:
        """What one value of the stream tells. Raises `Failed`, and `ValueError` if it makes no sense."""
        return list(self._take(value))

    def end(self) -> list[ChatEvent]:
        """The answer is complete: what is left of it."""
        events = [*self._told(self._filter.push(self._growth.finish())), *self._told(self._filter.finish())]
        for written in self._written:
            self._pieces.add({"function": {"name": written.name, "arguments": written.arguments}})
        self.calls = list(self._pieces.whole())
        events += [ToolCall(call.id, call.name, call.arguments) for call in self.calls]
        truncated, filtered = self.finish in ("length", "max_tokens"), self.finish in ("content_filter", "safety")
        return [*events, Usage(self._tokens.input, self._tokens.output, truncated, filtered)]

    def _take(self, value: Any) -> Iterator[ChatEvent]:
        for piece in pieces_of(value):
            match piece:
                case Failure():
                    raise Failed(piece)
                case Text():
                    self.begun = True
                    yield from self._told(self._filter.push(self._growth.take(piece)))
                    if self._filter.holds:
                        yield Thinking()
                case Thought():
                    self.begun = self._thought_apart = True
                    self.thought += piece.text if len(self.thought) < LONGEST_THOUGHT else ""
                    yield from self._told(self._filter.release())
                    yield Thinking()
                case CallPiece():
                    self.begun = True
                    self._pieces.add(piece.piece)
                case Finish():
                    self.begun = True
                    self.finish = piece.reason.lower()
                case Tokens():
                    self._tokens = piece

    def _told(self, parts: list[Part]) -> Iterator[ChatEvent]:
        for part in parts:
            match part:
                case str():
                    self.said = True
                    yield TextDelta(part)
                case Sign.THOUGHT:
                    yield Thinking()
                case Sign.RETRACTED:
                    yield Retracted()
                case WrittenCall():
                    self._written.append(part)
