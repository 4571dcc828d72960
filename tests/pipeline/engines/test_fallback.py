"""Chains of voices and of language models: the next one takes over where the one before fails or is full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.engines.bulkhead import BulkheadLimits, Outcome
from pipeline.engines.fallback import ChatChain, SynthesizerChain
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    EngineInfo,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
    Thinking,
)
from pipeline.errors import (
    EngineBusy,
    EngineError,
    EngineKeyRefused,
    EngineTimeout,
)
from tests.loop_clock import LoopClock
from tests.pipeline.engines.guarding import PATIENCE_S, GuardedMembers, broken, outcomes


@dataclass
class Voice:
    """A blocking synthesiser: `given` chunks of 20 ms, then its error, if it has one. closed counts iterators let go."""

    name: str
    given: int = 2
    error: Exception | None = None
    rate: int = 24_000
    languages: tuple[str, ...] = ()
    asked: int = 0
    closed: int = 0

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(self.name, "synthesizer", self.languages, self.rate)

    def speak(self, _request: SynthesisRequest) -> Iterator[SpeechChunk]:
        self.asked += 1
        try:
            for _ in range(self.given):
                yield SpeechChunk(np.full(self.rate // 50, len(self.name), np.int16))
            if self.error:
                raise self.error
        finally:
            self.closed += 1

    def close(self) -> None:
        """Nothing to free."""


@dataclass
class Model:
    """A language model that says its words; None among them: silence for ever. An exception is raised."""

    name: str
    script: Sequence[str | Exception | None] = ()
    asked: int = 0
    context_window: int | None = None

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(self.name, "chat_model")

    async def reply(self, _request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.asked += 1
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            if step is None:
                await asyncio.Event().wait()
            else:
                yield TextDelta(step)

    async def aclose(self) -> None:
        """Nothing to free."""


async def audio_of(chain: SynthesizerChain, language: str = "en") -> list[int]:
    """The level of each chunk, which is the length of its engine's name."""
    return [int(np.median(chunk.pcm)) async for chunk in chain.speak(SynthesisRequest("Hello.", language=language))]


async def text_of(chain: ChatChain) -> str:
    return "".join([event.text async for event in chain.reply(ChatRequest([])) if isinstance(event, TextDelta)])


# --- A clause, a reply --------------------------------------------------------------------------------------------------


async def test_a_clause_is_spoken_by_the_first_engine_that_can(guarded: GuardedMembers) -> None:
    members = guarded(Voice("one", 0, broken("one")), Voice("three"), Voice("seven"))

    assert await audio_of(SynthesizerChain(members, PATIENCE_S)) == [5, 5]
    assert outcomes(members) == [{Outcome.FAILED: 1}, {Outcome.WORKED: 1}, {}]


async def test_a_clause_of_which_some_was_given_on_is_not_begun_anew(guarded: GuardedMembers) -> None:
    second = Voice("second")
    chain = SynthesizerChain(guarded(Voice("one", 1, broken("one")), second), PATIENCE_S)
    speaking = chain.speak(SynthesisRequest("Hello."))
    await anext(speaking)
    with pytest.raises(EngineError, match="The line is dead"):
        await anext(speaking)

    assert second.asked == 0


async def test_any_error_is_passed_over_and_the_last_ones_goes_up(guarded: GuardedMembers) -> None:
    chain = SynthesizerChain(guarded(Voice("one", 0, ValueError("a bug")), Voice("two", 0, broken("two"))), PATIENCE_S)
    with pytest.raises(EngineError) as caught:
        await audio_of(chain)

    assert caught.value.engine == "two"


async def test_every_engine_speaks_at_the_rate_of_the_first(guarded: GuardedMembers) -> None:
    chain = SynthesizerChain(
        guarded(Voice("one", 0, broken("one"), 24_000), Voice("deep", 25, rate=16_000)), PATIENCE_S
    )
    samples = sum([len(chunk.pcm) async for chunk in chain.speak(SynthesisRequest("Hello."))])

    assert chain.info.rate == 24_000
    assert samples == pytest.approx(12_000, abs=100)


async def test_an_engine_that_does_not_speak_the_language_is_left_out_unless_none_does(guarded: GuardedMembers) -> None:
    chain = SynthesizerChain(
        guarded(Voice("one", languages=("en",)), Voice("three", languages=("zh", "en"))), PATIENCE_S
    )

    assert [await audio_of(chain, language) for language in ("en", "zh-CN", "fr")] == [[3, 3], [5, 5], [3, 3]]
    assert chain.info.languages == ("en", "zh")


async def test_an_engine_that_keeps_failing_is_not_even_asked(guarded: GuardedMembers) -> None:
    dead = Voice("one", 0, broken("one"))
    chain = SynthesizerChain(guarded(dead, Voice("two")), PATIENCE_S)
    for _ in range(5):
        await audio_of(chain)

    assert dead.asked == BulkheadLimits().failures


async def test_an_engine_whose_key_is_refused_is_asked_once(guarded: GuardedMembers) -> None:
    model = Model("far", [EngineKeyRefused("The key was refused.", engine="far")])
    chain = ChatChain(guarded(model, Model("near", ["Hello."])), PATIENCE_S)

    assert [await text_of(chain) for _ in range(3)] == ["Hello."] * 3
    assert model.asked == 1


def test_the_window_of_several_models_is_the_smallest_that_is_known(guarded: GuardedMembers) -> None:
    models = [Model(str(window), context_window=window) for window in (None, 8_192, 4_096)]

    assert ChatChain(guarded(*models), PATIENCE_S).context_window == 4_096
    assert ChatChain(guarded(models[0]), PATIENCE_S).context_window is None


async def test_an_engine_that_is_full_is_passed_over_at_once(guarded: GuardedMembers) -> None:
    members = guarded(Voice("one"), Voice("three"), limits=BulkheadLimits(at_once=1, waiting=1, wait_s=0.01))
    held = await members[0].bulkhead.enter(PATIENCE_S)
    spoken = await audio_of(SynthesizerChain(members, PATIENCE_S))
    held.end()

    assert spoken == [5, 5]


async def test_a_voice_that_is_full_is_told_as_busy_where_there_is_no_other(guarded: GuardedMembers) -> None:
    members = guarded(Voice("one"), limits=BulkheadLimits(at_once=1, waiting=1, wait_s=0.01))
    held = await members[0].bulkhead.enter(PATIENCE_S)
    with pytest.raises(EngineBusy):
        await audio_of(SynthesizerChain(members, PATIENCE_S))
    held.end()


async def test_each_engine_of_a_chain_but_the_last_has_half_of_the_time_that_is_left(guarded: GuardedMembers) -> None:
    clock, models = LoopClock(), [Model("one", [None]), Model("two", [None]), Model("three", [None])]
    asked = asyncio.create_task(text_of(ChatChain(guarded(*models), 30.0)))
    seen = list[list[int]]()
    for seconds in (15.1, 7.6, 7.6):
        await asyncio.sleep(0.01)
        seen.append([model.asked for model in models])
        clock.advance(seconds)
    with pytest.raises(EngineTimeout, match="three stalled"):
        await asked

    assert seen == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


async def test_a_model_that_falls_silent_after_its_first_word_has_failed_and_is_not_asked_again(
    guarded: GuardedMembers,
) -> None:
    clock, second = LoopClock(), Model("two", ["Well."])
    members = guarded(Model("one", ["I was ", None]), second)
    asked = asyncio.create_task(text_of(ChatChain(members, 20.0)))
    await asyncio.sleep(0.01)
    clock.advance(20)
    with pytest.raises(EngineTimeout):
        await asked

    assert (outcomes(members), second.asked) == ([{Outcome.FAILED: 1}, {}], 0)


async def test_a_clause_that_is_cancelled_is_no_failure_and_frees_its_engine_at_once(guarded: GuardedMembers) -> None:
    members = guarded(Voice("one", 100))
    speaking = SynthesizerChain(members, PATIENCE_S).speak(SynthesisRequest("Hello."))
    await anext(speaking)
    active = members[0].bulkhead.active
    await speaking.aclose()  # type: ignore[attr-defined]

    assert (active, members[0].bulkhead.active, outcomes(members)) == (1, 0, [{Outcome.CANCELLED: 1}])


async def test_a_reply_that_is_cancelled_while_its_model_thinks_is_no_failure(guarded: GuardedMembers) -> None:
    members = guarded(Model("one", [None]))
    asked = asyncio.create_task(text_of(ChatChain(members, PATIENCE_S)))
    await asyncio.sleep(0.01)
    active = members[0].bulkhead.active
    asked.cancel()
    await asyncio.wait({asked})

    assert (active, members[0].bulkhead.active, outcomes(members)) == (1, 0, [{Outcome.CANCELLED: 1}])


class Thinker:
    """A language model that thinks so often, each time after a second, and then says something or breaks off."""

    info = EngineInfo("thinker", "chat_model")

    def __init__(self, clock: LoopClock, thoughts: int, says: str) -> None:
        self._clock, self._thoughts, self._says = clock, thoughts, says

    async def reply(self, _request: ChatRequest) -> AsyncIterator[ChatEvent]:
        for _ in range(self._thoughts):
            self._clock.advance(1.0)
            yield Thinking()
        if not self._says:
            raise broken("thinker")
        yield TextDelta(self._says)

    async def aclose(self) -> None:
        """Nothing to free."""


async def test_a_model_that_thinks_is_not_silent(guarded: GuardedMembers) -> None:
    thinker = Thinker(LoopClock(), 40, "Hello.")

    assert await text_of(ChatChain(guarded(thinker), 20.0, thought_s=60.0)) == "Hello."


async def test_a_model_that_thinks_without_an_end_has_failed(guarded: GuardedMembers) -> None:
    members = guarded(Thinker(LoopClock(), 1_000, "Hello."))
    with pytest.raises(EngineTimeout, match=r"thinker thought for 60 s without a word"):
        await text_of(ChatChain(members, 20.0, thought_s=60.0))

    assert outcomes(members) == [{Outcome.FAILED: 1}]


@pytest.mark.parametrize("thoughts", [1, 40])
async def test_a_thought_that_comes_to_nothing_leaves_the_next_model_all_of_its_patience(
    guarded: GuardedMembers, thoughts: int
) -> None:
    members = guarded(Thinker(LoopClock(), thoughts, ""), Model("near", ["Hello."]))

    assert await text_of(ChatChain(members, 20.0, thought_s=60.0)) == "Hello."
