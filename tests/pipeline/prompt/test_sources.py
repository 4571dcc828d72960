from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from pipeline.conversation.config import ResponseRequest
from pipeline.conversation.limits import PromptLimits, SessionLimits
from pipeline.conversation.notices import ContextUsed, ReplyStarted
from pipeline.conversation.transcript import Item
from pipeline.engines.protocols import ChatEvent, ChatRequest, EngineInfo, TextDelta
from pipeline.prompt.sources import Asked, Known
from pipeline.turns.dialogue import Policy
from tests.pipeline.conversing import Conversation, Words, conversing


class Model:
    """Answers anything, and keeps what it was shown."""

    info = EngineInfo("model", "chat_model")

    def __init__(self) -> None:
        self.asked: list[ChatRequest] = []

    @property
    def shown(self) -> list[tuple[str, str]]:
        return [(message.role, message.text) for message in self.asked[-1].messages]

    async def reply(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked.append(request)
        yield TextDelta("Yes.")

    async def aclose(self) -> None:
        """Nothing to free."""


class Memory:
    """Knows who is talking, after so long, or never; keeps what it was asked and whether it was told to stop."""

    def __init__(self, seconds: float | None = 0.0, *texts: str) -> None:
        self._seconds, self._texts = seconds, texts or ("They are Ada.",)
        self.asked: list[str] = []
        self.stopped = False

    async def __call__(self, asked: Asked) -> Sequence[Known]:
        self.asked.append(asked.said)
        if self._seconds is None:
            raise OSError("The memory is gone.")
        try:
            await asyncio.sleep(self._seconds)
        except asyncio.CancelledError:
            self.stopped = True
            raise
        return [Known(text, "memory", f"fact_{place}") for place, text in enumerate(self._texts)]


def knows(talk: Conversation, *sources: Memory) -> None:
    talk.session.configure(replace(talk.session.config, instructions="Be kind.", sources=sources))


async def ask(talk: Conversation) -> None:
    talk.session.add_item(Item("a", text="Who am I?"))
    talk.session.request_reply(ResponseRequest())
    await talk.settles()


async def test_what_a_source_knows_is_shown_beside_the_clients_instructions() -> None:
    model, memory = Model(), Memory()
    async with conversing(chat_model=model) as talk:
        knows(talk, memory)
        await ask(talk)

    assert model.shown == [("system", "Be kind."), ("system", "They are Ada."), ("user", "Who am I?")]
    assert memory.asked == ["Who am I?"]


async def test_a_source_that_is_too_slow_or_fails_is_left_out_and_the_others_are_not() -> None:
    model, slow = Model(), Memory(9.0)
    async with conversing(chat_model=model) as talk:
        knows(talk, slow, Memory(None), Memory(0.1, "It is Monday."))
        await ask(talk)
        before = len(model.asked)
        await talk.passes(0.2)

    assert (before, len(model.asked), slow.stopped) == (0, 1, True)
    assert model.shown == [("system", "Be kind."), ("system", "It is Monday."), ("user", "Who am I?")]


async def test_an_answer_that_is_prepared_in_the_pause_asks_the_sources_there() -> None:
    model, memory = Model(), Memory(0.1)
    async with conversing(Words("Who am I?"), policy=Policy(speculate=True), chat_model=model, wait_ms=900) as talk:
        knows(talk, memory)
        await talk.speaks(0.6)
        await talk.is_quiet(0.6)
        turn_goes_on = not any(item.role == "user" for item in talk.session.transcript)
        asked_in_the_pause = list(memory.asked)
        await talk.is_quiet(1)

    assert (turn_goes_on, asked_in_the_pause, memory.asked) == (True, ["Who am I?"], ["Who am I?"])
    assert ("system", "They are Ada.") in model.shown
    assert_told_once(talk)


async def test_a_part_that_does_not_fit_leaves_its_room_to_the_shorter_ones_after_it() -> None:
    model, limits = Model(), SessionLimits(prompt=PromptLimits(known_tokens=20))
    first = Memory(0.0, "They are Ada.", "one word after the other " * 9)
    async with conversing(chat_model=model, limits=limits) as talk:
        knows(talk, first, Memory(0.0, "", "It is Monday.", "They were born in a town by the sea, long ago."))
        await ask(talk)

    assert model.shown[1] == ("system", "They are Ada.\n\nIt is Monday.")
    used = talk.told(ContextUsed)[0]
    assert [(part.kind, part.id) for part in used.parts] == [("memory", "fact_0"), ("memory", "fact_1")]


async def test_a_source_that_knows_much_leaves_the_others_their_share_and_takes_what_they_do_not_need() -> None:
    model, limits = Model(), SessionLimits(prompt=PromptLimits(known_tokens=20))
    much = Memory(0.0, *(f"Friend {name}." for name in "abcdefgh"))
    async with conversing(chat_model=model, limits=limits) as talk:
        knows(talk, much, Memory(0.0, "It is Monday."))
        await ask(talk)

    assert model.shown[1][1].split("\n\n") == ["Friend a.", "Friend b.", "Friend c.", "It is Monday."]


async def test_sources_are_not_asked_where_the_client_says_what_the_model_sees_nor_beside_the_conversation() -> None:
    model, memory = Model(), Memory()
    async with conversing(chat_model=model) as talk:
        knows(talk, memory)
        talk.session.add_item(Item("a", text="Who am I?"))
        talk.session.request_reply(ResponseRequest(input=[Item("b", text="And who is this?")]))
        await talk.settles()
        talk.session.request_reply(ResponseRequest(in_conversation=False))
        await talk.settles()

    assert (len(model.asked), memory.asked) == (2, [])


def assert_told_once(talk: Conversation) -> None:
    """What was used is told once for each answer that the client knows of, right after its beginning."""
    assert [type(notice) for notice in talk.told(ReplyStarted, ContextUsed)] == [ReplyStarted, ContextUsed]
