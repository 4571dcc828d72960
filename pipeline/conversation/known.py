"""What is known beside what was said, and who is asked for it: the values between an answer and its sources."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.conversation.transcript import Item

Kind: TypeAlias = Literal["memory", "lorebook", "knowledge", "summary", "practice"]
"""memory: what the person told in earlier talks, or the character of itself. summary: what was said in this one before.

practice: what the talk's plan wants said next, which no client is told of as something that an answer was made of.
"""


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that the model is shown. `id` and `label` tell the client which; `text` never leaves for it.

    quote: of a memory what the person said, for models that are scripted. say: what a scripted model says, in these words;
    answer_first: after an answer of its own to the person's last words. speed: of the voice, times what it is set to.
    """

    text: str
    kind: Kind
    id: str = ""
    label: str = ""
    quote: str = ""
    say: str = ""
    answer_first: bool = False
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is wanted to. `said`: the person's last words, which `items` end with.

    language: BCP 47 primary tag of these words. tokens: how many the source's parts may have together, if no other source
    wants its share; what is over is left out.
    """

    items: Sequence[Item]
    said: str
    language: str
    tokens: int


Source: TypeAlias = Callable[[Asked], Awaitable[Sequence[Known]]]
"""What helps to answer, the most important first; nothing if nothing does."""
