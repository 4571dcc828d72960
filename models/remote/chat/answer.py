"""One JSON value of an answer → what it says: text, thought, pieces of calls, the end, tokens, a failure. Pure and lenient.

Besides OpenAI's shape: Ollama's own, Mistral's parts, Gemini's and OpenRouter's extra fields, whole messages for deltas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

_THOUGHT_FIELDS = (
    "reasoning_content",
    "reasoning",
    "thinking",
    "thoughts",
    "reasoning_details",
    "reasoning_text",
    "thought",
)
_THOUGHT_PARTS = frozenset(("thinking", "reasoning", "thought", "redacted_thinking", "reasoning_text", "analysis"))
LEAST_REPEATED = 12
"""Characters; whoever says less may say it twice."""
_FINE = frozenset(("", "0", "200", "ok", "success"))
_INPUT_TOKENS = ("prompt_tokens", "input_tokens", "prompt_eval_count", "tokens_evaluated")
_OUTPUT_TOKENS = ("completion_tokens", "output_tokens", "eval_count", "tokens_predicted")


@dataclass(frozen=True, slots=True)
class Text:
    """Text of the answer. whole: all of it, not the next piece."""

    text: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Thought:
    """Something that was thought, in a field of its own."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class CallPiece:
    """An entry of `tool_calls`."""

    piece: Any


@dataclass(frozen=True, slots=True)
class Finish:
    """Why the answer ended."""

    reason: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """How many there were."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The server could not go on. text: all that it said about it."""

    status: int
    text: str
    code: str = ""


Piece: TypeAlias = Text | Thought | CallPiece | Finish | Tokens | Failure


def pieces_of(value: Any) -> Iterator[Piece]:
    """What one value says, in order. Raises `ValueError` if it makes no sense."""
    if isinstance(value, str):
        yield Text(value)
        return
    if not isinstance(value, Mapping):
        raise ValueError("not an object")
    if failure := failure_of(value):
        yield failure
        return
    yield from _tokens(value)
    choices = value.get("choices")
    match choices:
        case [Mapping() as choice, *_]:
            yield from _choice(choice)
        case [] | None:
            yield from _without_choices(value)
        case _:
            raise ValueError("choices that are none")


def failure_of(value: Mapping[str, Any]) -> Failure | None:
    """What a server says that cannot answer, in one of the usual shapes."""
    error = value.get("error")
    if error is None and (value.get("object") == "error" or ("detail" in value and "choices" not in value)):
        error = value
    if error is None and not value.get("choices"):
        error = _error_in_envelope(value)
    if error is None or error is False or error == "":
        return None
    told = error if isinstance(error, Mapping) else {"message": error}
    code = told.get("code") or told.get("type") or ""
    statuses = (told.get("code"), told.get("status"), value.get("status"))
    status = next((each for each in statuses if isinstance(each, int) and 400 <= each < 600), 0)
    text = told.get("message") or told.get("detail") or told
    return Failure(status, text if isinstance(text, str) else json.dumps(text, ensure_ascii=False), str(code))


def _error_in_envelope(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """An error as hosted services tell it that wrap what they answer: a code and a text beside empty data."""
    base, errors = value.get("base_resp"), value.get("errors")
    if isinstance(base, Mapping) and base.get("status_code"):
        return {"message": base.get("status_msg"), "code": base["status_code"]}
    if isinstance(errors, list) and errors:
        return errors[0] if isinstance(errors[0], Mapping) else {"message": str(errors[0])}
    text, code = (
        next((value[key] for key in ("msg", "message") if isinstance(value.get(key), str)), ""),
        value.get("code"),
    )
    failed = value.get("success") is False or (isinstance(code, int | str) and str(code).lower() not in _FINE)
    return {"message": text, "code": code or ""} if text and failed else None


def _choice(choice: Mapping[str, Any]) -> Iterator[Piece]:
    delta, message = choice.get("delta"), choice.get("message")
    if isinstance(delta, Mapping) and delta:
        yield from _message(delta, whole=False)
    elif isinstance(message, Mapping):
        yield from _message(message, whole=True)
    elif isinstance(delta, str) or (delta is None and isinstance(choice.get("text"), str)):
        yield Text(delta if isinstance(delta, str) else choice["text"])
    elif delta is not None and not isinstance(delta, Mapping):
        raise ValueError("a delta that is none")
    yield from _tokens(choice)
    if choice.get("finish_reason") == "error":
        yield failure_of(choice) or Failure(0, "the server ended its answer with an error")
        return
    if reason := choice.get("finish_reason"):
        yield Finish(str(reason))


def _without_choices(value: Mapping[str, Any]) -> Iterator[Piece]:
    """Ollama's own shape, llama.cpp's, or an event that says nothing."""
    if isinstance(message := value.get("message"), Mapping):
        yield from _message(message, whole=False)
    elif isinstance(text := value.get("response", value.get("content")), str):
        yield Text(text)
    yield from _tokens({"usage": value})
    if value.get("done") is True or value.get("stop") is True:
        yield Finish(str(value.get("done_reason") or "stop"))


def _message(message: Mapping[str, Any], *, whole: bool) -> Iterator[Piece]:
    is_thought = _is_marked_thought(message)
    for name in _THOUGHT_FIELDS:
        if (thought := message.get(name)) and thought is not True:
            yield Thought(thought if isinstance(thought, str) else "")
            break
    for piece in _content(message.get("content"), whole=whole):
        yield Thought(piece.text) if is_thought and isinstance(piece, Text) else piece
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        yield Text(refusal, whole)
    calls = message.get("tool_calls") or message.get("function_call") or ()
    for call in calls if isinstance(calls, list) else [calls] if isinstance(calls, Mapping) else ():
        yield CallPiece(call)


def _content(content: Any, *, whole: bool) -> Iterator[Text | Thought]:
    match content:
        case None | bool():
            return
        case str():
            if content:
                yield Text(content, whole)
        case list():
            texts = list[str]()
            for part in content:
                match part:
                    case str():
                        texts.append(part)
                    case {"type": str(kind)} if kind in _THOUGHT_PARTS or _is_marked_thought(part):
                        yield Thought()
                    case {"text": str(text)} | {"content": str(text)} | {"text": {"value": str(text)}}:
                        texts.append(text)
            if text := "".join(texts):
                yield Text(text, whole)
        case {"text": str(text)}:
            yield Text(text, whole)
        case {"parts": list(parts)}:
            yield from _content(parts, whole=whole)
        case _:
            raise ValueError("content that is none")


def _is_marked_thought(message: Mapping[str, Any]) -> bool:
    """Gemini flags what is thought, and leaves it where the answer stands."""
    if message.get("thought") is True:
        return True
    match message.get("extra_content"):
        case {"google": {"thought": True}}:
            return True
    return False


def _tokens(holder: Mapping[str, Any]) -> Iterator[Tokens]:
    groq = holder.get("x_groq")
    usage = holder.get("usage") or (groq.get("usage") if isinstance(groq, Mapping) else None)
    if not isinstance(usage, Mapping):
        return
    counts = [
        next((usage[name] for name in names if isinstance(usage.get(name), int)), 0)
        for names in (_INPUT_TOKENS, _OUTPUT_TOKENS)
    ]
    if any(counts):
        yield Tokens(*counts)


class Growth:
    """The next piece of a text whose pieces some servers send cumulatively: each with all before it. Pure.

    Whether they do is known with the third piece at the latest; the second is held back where it could be either.
    """

    def __init__(self) -> None:
        self._all = ""
        self._pieces = 0
        self._held: str | None = None
        self._cumulative = False

    def take(self, piece: Text) -> str:
        """What is new in `piece`."""
        if piece.whole and self._all:
            return self._remainder(self.finish(), piece.text)
        text = piece.text
        self._pieces += 1
        if self._pieces == 1:
            self._all = text
            return text
        if self._cumulative:
            if text.startswith(self._all):
                return self._grown(text)
            self._cumulative = False
        if self._pieces > 2 and len(text) >= LEAST_REPEATED and text == self._all:
            return ""  # all of it once more, with the reason for its end
        if self._held is not None:
            held, self._held = self._held, None
            if text.startswith(held):
                self._cumulative = True
                return self._grown(text)
            self._all += held + text
            return held + text
        if self._pieces == 2 and text.startswith(self._all) and len(text) > len(self._all) and self._all.strip():
            self._held = text
            return ""
        self._all += text
        return text

    def finish(self) -> str:
        """The answer is over: what is still to be said."""
        held, self._held = self._held, None
        return self._grown(held) if held is not None else ""

    def _grown(self, text: str) -> str:
        fresh, self._all = text[len(self._all) :], text
        return fresh

    def _remainder(self, before: str, whole: str) -> str:
        """Of a whole message that closes a stream: what the stream did not hold."""
        return before + (self._grown(whole) if whole.startswith(self._all) else "")
