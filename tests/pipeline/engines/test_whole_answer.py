"""A language model's answer as one text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, Message, Retracted, TextDelta, Usage
from pipeline.engines.whole_answer import whole_answer


class Writes:
    """A language model that writes what it is given, and tells how much of that was wanted."""

    def __init__(self, *events: ChatEvent) -> None:
        self.info, self._events, self.written = EngineInfo("writes", "chat_model"), events, list[ChatEvent]()

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        for event in self._events:
            self.written.append(event)
            yield event


ASKED = ChatRequest([Message("user", "Well?")])


def deltas(*texts: str) -> Iterator[TextDelta]:
    return map(TextDelta, texts)


async def test_what_a_model_takes_back_is_not_in_its_answer() -> None:
    model = Writes(*deltas("Yes. ", "No"), Retracted(), *deltas("Per", "haps."), Usage(1, 2))

    assert await whole_answer(model, ASKED, 100) == "Perhaps."


async def test_of_an_answer_without_end_no_more_is_read_than_is_wanted() -> None:
    model = Writes(*deltas(*["word "] * 1_000))

    assert len(await whole_answer(model, ASKED, 20)) < 30
    assert len(model.written) < 10
