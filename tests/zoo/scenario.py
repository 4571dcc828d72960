"""What a scenario of the zoo is: how one real server behaves, and what the person must hear and see of it.

The words of refusals are those of the servers and templates themselves, from their sources and from public reports.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.models.chat_server import DONE, Answer, Asked, Line, delta, refusing

HELLO = "Hello there."
WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "Tells the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
ROME = ("weather", {"city": "Rome"})
Respond: TypeAlias = Callable[[Asked], Answer]


@dataclass(frozen=True)
class Scenario:
    """One server with one model, and a talk with it: a greeting, then typed lines, each answered.

    respond: its answer to a request. says: what must be shown and heard, in each of two turns; fails: or what the error
    must say, and the code of it. calls: the functions that must be called in the first turn. requests: how many that may
    take; the second takes one, unless `again` says otherwise. models: its list of models; owner: as it names the owner of
    its own. path: of the address in the settings. settings: more of them. hidden: what must not be seen nor heard.
    taken_back: of it a little is shown in the first turn, and taken back. offers: functions are offered, and not called.
    limit: of tokens, as the client asks for it. instructions: in place of the character's. chatter: so many lines of talk
    before. told: what the client is told of thinking.
    elsewhere: the server's answers at other paths.
    """

    respond: Respond
    says: str = HELLO
    fails: str = ""
    code: str = ""
    calls: Sequence[tuple[str, Any]] = ()
    requests: int = 1
    again: int = 1
    model: str = "model"
    owner: str = "somebody"
    models: Sequence[str] = ()
    path: str = "/v1"
    api: str = "/v1"
    settings: Mapping[str, Any] = field(default_factory=dict)
    hidden: Sequence[str] = ("PLAN",)
    taken_back: bool = False
    offers: bool = False
    limit: int | None = None
    instructions: str = ""
    chatter: int = 0
    told: Sequence[str] = ()
    elsewhere: Mapping[str, Respond] = field(default_factory=dict)
    asked: Callable[[Sequence[Asked]], object] = lambda _asked: None


def always(answer: Answer) -> Respond:
    """The same answer to every request."""
    return lambda _asked: answer


def in_turn(*answers: Answer) -> Respond:
    """One answer after the other; the last one again and again."""
    left = list(answers)
    return lambda _asked: left.pop(0) if len(left) > 1 else left[0]


def first_call_then(call: Answer, words: Answer) -> Respond:
    """A call, and words once its output is there."""
    return lambda asked: words if "Sunny" in json.dumps(asked.body) else call


def events(*values: Any, done: bool = True) -> Answer:
    """The values as events of a stream, in OpenAI's way."""

    async def answer(line: Line) -> None:
        await line.start()
        for value in values:
            await line.event(value)
        if done:
            await line.event(DONE)
        await line.end()

    return answer


def raw(*pieces: str, kind: str = "text/event-stream", status: int = 200) -> Answer:
    """A body as it stands, piece by piece."""

    async def answer(line: Line) -> None:
        await line.start(status, kind)
        for piece in pieces:
            await line.send(piece)
        await line.end()

    return answer


def text(words: str, size: int = 4, finish: str = "stop") -> Answer:
    """A text in pieces of so many characters."""
    return events(*deltas(words, size), delta(finish))


def deltas(words: str, size: int = 4, name: str = "content") -> list[Any]:
    return [delta(**{name: words[at : at + size]}) for at in range(0, len(words), size)]


def thought(words: str, name: str = "reasoning_content") -> Answer:
    """A thought in a field of its own, then an answer."""
    return events(*deltas(words, 6, name), *deltas(HELLO), delta("stop"))


def tool_call(*pieces: Any) -> Answer:
    """Pieces of calls, each in an event."""
    return events(
        *(delta(tool_calls=piece if isinstance(piece, list) else [piece]) for piece in pieces), delta("tool_calls")
    )


def roles(asked: Asked) -> list[str]:
    return [message["role"] for message in asked.body["messages"]]


def jinja(reason: str) -> Answer:
    """How llama.cpp tells what a template refused."""
    message = (
        "\n------------\nWhile executing CallExpression at line 19, column 27 in source:\n"
        f'...% 2 == 0) -%}}↵        {{{{ raise_exception("{reason[:38]}...\n{" " * 43}^\nError: Jinja Exception: {reason}'
    )
    return refusing(500, {"error": {"code": 500, "message": message, "type": "server_error"}})


def vllm(reason: str) -> Answer:
    """How vLLM tells it."""
    return refusing(400, {"object": "error", "message": reason, "type": "BadRequestError", "param": None, "code": 400})


def alternates(asked: Asked) -> bool:
    """What Mistral's and Gemma's templates check: after one system message, the person first, then by turns."""
    rest = roles(asked)[1:] if roles(asked)[0] == "system" else roles(asked)
    return all((role == "user") == (place % 2 == 0) for place, role in enumerate(rest))
