"""Chains of recognisers, which hear an utterance whole whoever dies, and a turn model that is guarded likewise."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.bulkhead import Outcome
from pipeline.engines.fallback import GuardedTurnModel, Member, RecognizerChain
from pipeline.engines.protocols import EngineInfo, Recognition
from pipeline.errors import EngineError, UnknownLanguage
from tests.pipeline.engines.guarding import PATIENCE_S, GuardedMembers, broken, outcomes

PIECE = np.ones(LINE_RATE // 10, np.int16)


@dataclass
class Ear:
    """A recogniser that names what it heard; dies in the call of that name, and the `after`th of them.

    opens: it takes until then to open.
    """

    name: str
    dies_in: str = ""
    after: int = 0
    languages: tuple[str, ...] = ()
    heard: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    opens: threading.Event | None = None

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(self.name, "recognizer", self.languages, LINE_RATE)

    def open(self, _language: str = "") -> Ear:
        self._called("open")
        if self.opens:
            self.opens.wait(PATIENCE_S)
        return self

    def accept(self, pcm: Samples) -> str:
        self._called("accept")
        self.heard.append(len(pcm))
        return f"{self.name} {len(self.heard)}"

    def settle(self, _budget_s: float) -> Recognition:
        self._called("settle")
        return Recognition(f"{self.name} heard {sum(self.heard)}")

    def close(self) -> None:
        self.calls.append("close")

    def _called(self, name: str) -> Ear:
        self.calls.append(name)
        if name == self.dies_in and self.calls.count(name) > self.after:
            raise broken(self.name)
        return self


# --- An utterance --------------------------------------------------------------------------------------------------------


async def hear(chain: RecognizerChain, pieces: int) -> tuple[list[str], str]:
    """The partial texts of an utterance and its final one."""
    utterance = await chain.open("en")
    try:
        partials = [await utterance.accept(PIECE) for _ in range(pieces)]
        return partials, (await utterance.settle(0.5)).text
    finally:
        utterance.close()


def recognizers(members: list[Member[Any]], longest_s: float = 90.0) -> RecognizerChain:
    return RecognizerChain(members, PATIENCE_S, PATIENCE_S, longest_s)


@pytest.mark.parametrize(
    ("dies_in", "partials"),
    [
        ("open", ["two 1", "two 2", "two 3"]),
        ("accept", ["one 1", "two 2", "two 3"]),
        ("settle", ["one 1", "one 2", "one 3"]),
    ],
)
async def test_an_utterance_whose_recogniser_dies_is_heard_whole_by_the_next(
    guarded: GuardedMembers, dies_in: str, partials: list[str]
) -> None:
    first, second = Ear("one", dies_in, after=dies_in == "accept"), Ear("two")
    members = guarded(first, second)

    assert await hear(recognizers(members), 3) == (partials, f"two heard {3 * len(PIECE)}")
    assert outcomes(members) == [{Outcome.FAILED: 1}, {Outcome.WORKED: 1}]
    assert (first.calls.count("close"), second.calls.count("close")) == (dies_in != "open", 1)


class EarWithWays(Ear):
    """One that does otherwise with recordings, and where times of words are wanted."""

    def open_recording(self, _language: str = "") -> Ear:
        return self._called("open_recording")

    def open_timed(self, _language: str = "") -> Ear:
        return self._called("open_timed")


@pytest.mark.parametrize("way", ["open_recording", "open_timed"])
async def test_an_utterance_is_opened_as_it_is_wanted_by_the_engines_that_have_a_way_for_it(
    guarded: GuardedMembers, way: str
) -> None:
    first, second = EarWithWays("one", "accept"), Ear("two")
    chain = recognizers(guarded(first, second))
    utterance = await getattr(chain, way)("en")
    text = await utterance.accept(PIECE)
    utterance.close()

    assert text == "two 1"
    assert (first.calls, second.calls) == ([way, "accept", "close"], ["open", "accept", "close"])


async def test_an_utterance_that_no_recogniser_can_finish_fails_with_the_last_ones_error(
    guarded: GuardedMembers,
) -> None:
    members = guarded(Ear("one", "accept"), Ear("two", "settle"))
    with pytest.raises(EngineError) as caught:
        await hear(recognizers(members), 2)

    assert (caught.value.engine, outcomes(members)) == ("two", [{Outcome.FAILED: 1}] * 2)


async def test_an_utterance_that_is_too_long_is_not_heard_again(guarded: GuardedMembers) -> None:
    second = Ear("two")
    with pytest.raises(EngineError):
        await hear(recognizers(guarded(Ear("one", "settle"), second), longest_s=0.25), 3)

    assert second.calls == []


async def test_nothing_is_kept_for_a_recogniser_that_has_none_behind_it(guarded: GuardedMembers) -> None:
    utterance = await recognizers(guarded(Ear("one"))).open("en")
    await utterance.accept(PIECE)
    utterance.close()

    assert utterance._kept == []


async def test_an_utterance_that_is_forgotten_frees_its_place_and_is_no_failure(guarded: GuardedMembers) -> None:
    ear = Ear("one")
    members = guarded(ear)
    utterance = await recognizers(members).open("en")
    during = members[0].bulkhead.active
    utterance.close()
    utterance.close()

    assert (during, members[0].bulkhead.active, ear.calls, outcomes(members)) == (
        1, 0, ["open", "close"], [{Outcome.CANCELLED: 1}],
    )  # fmt: skip


async def test_an_utterance_thrown_away_while_it_opens_frees_its_place_and_engine(
    guarded: GuardedMembers,
) -> None:
    release = threading.Event()
    ear = Ear("one", opens=release)
    members = guarded(ear)
    opening = asyncio.create_task(recognizers(members).open("en"))
    while not ear.calls:
        await asyncio.sleep(0)
    during = members[0].bulkhead.active
    opening.cancel()
    await asyncio.wait({opening})
    after = members[0].bulkhead.active
    release.set()
    while "close" not in ear.calls:
        await asyncio.sleep(0.001)

    assert (during, after, outcomes(members)) == (1, 0, [{Outcome.CANCELLED: 1}])


async def test_a_language_that_nobody_understands_is_an_error_but_no_engines_failure(guarded: GuardedMembers) -> None:
    members = guarded(Ear("one", languages=("en",)))
    with pytest.raises(UnknownLanguage, match="one does not understand 'zh'"):
        await recognizers(members).open("zh")

    assert outcomes(members) == [{}]


# --- A turn's sound --------------------------------------------------------------------------------------------------------


async def test_a_turn_model_is_guarded_too(guarded: GuardedMembers) -> None:
    @dataclass
    class Judge:
        answers: list[float]
        info: EngineInfo = EngineInfo("judge", "turn_model")

        def probability(self, _pcm: Samples) -> float:
            if not self.answers:
                raise broken("judge")
            return self.answers.pop()

        def close(self) -> None:
            """Nothing to free."""

    members = guarded(Judge([0.5]))
    model = GuardedTurnModel(members, PATIENCE_S)
    told = await model.probability(PIECE)
    with pytest.raises(EngineError):
        await model.probability(PIECE)

    assert (told, outcomes(members)) == (0.5, [{Outcome.WORKED: 1, Outcome.FAILED: 1}])
