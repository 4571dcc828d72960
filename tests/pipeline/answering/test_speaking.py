from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np

from pipeline.answering.speaking import SynthesisOptions, clauses_of, pieces_of, said
from pipeline.conversation.answer_parts import Made
from pipeline.conversation.limits import SpeakingLimits
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest, VoiceChoice, VoiceSample
from pipeline.engines.workers import Workers


class Noting:
    """Keeps what it was asked, and says nothing."""

    info = EngineInfo("noting", "synthesizer", rate=16_000)

    def __init__(self) -> None:
        self.asked: list[SynthesisRequest] = []

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        self.asked.append(request)
        for nothing in ():
            yield nothing

    def close(self) -> None:
        """Nothing to free."""


async def test_the_voice_reaches_the_engine_as_it_was_given_but_for_the_style_that_a_mark_names() -> None:
    sample = VoiceSample(np.zeros(16_000, np.int16), 16_000, "Good morning.")
    voice = VoiceChoice("marin", 1.25, -2.0, "calm", sample, "Speak like a pilot.")
    clauses, engine, workers = clauses_of(said("I am here. [sad] It is raining again.")), Noting(), Workers(1)

    async for _piece in pieces_of(clauses, SynthesisOptions(voice=voice), engine, workers, SpeakingLimits(), Made()):
        pass
    workers.close()

    assert engine.asked == [
        SynthesisRequest("I am here.", "en", voice),
        SynthesisRequest("It is raining again.", "en", replace(voice, style="sad")),
    ]
