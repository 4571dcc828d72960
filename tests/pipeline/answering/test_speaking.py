from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import MISSING, fields, replace

import numpy as np

from pipeline.answering.speaking import Progress, SynthesisOptions, asked, clauses_of, pieces_of, said
from pipeline.characters.character import Character
from pipeline.conversation.answer_parts import AudioPiece, Made
from pipeline.conversation.limits import SpeakingLimits
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    EngineInfo,
    SpeechChunk,
    SynthesisRequest,
    TextDelta,
    VoiceChoice,
    VoiceSample,
    WordTime,
)
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


class WordsLast(Noting):
    """Says its words in a chunk without sound, behind the others."""

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        yield SpeechChunk(np.ones(1600, np.int16))
        yield SpeechChunk(np.zeros(0, np.int16), (WordTime("Hello", 10, 60),))


async def test_words_that_come_without_sound_are_told_and_no_piece_is_empty() -> None:
    workers = Workers(1)
    parts = pieces_of(clauses_of(said("Hello.")), SynthesisOptions(), WordsLast(), workers, SpeakingLimits(), Made())
    pieces = [part async for part in parts if isinstance(part, AudioPiece)]
    workers.close()

    assert [None if piece.pcm is None else len(piece.pcm) for piece in pieces] == [None, 1600]
    assert pieces[0].clause.words == [WordTime("Hello.", 10, 60)]


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


class Rambling:
    """A small model that names the speakers, and goes on for the person; `read` counts what was taken of it."""

    info = EngineInfo("rambling", "chat_model")

    def __init__(self) -> None:
        self.read = 0

    async def reply(self, _request: ChatRequest) -> AsyncIterator[ChatEvent]:
        for text in ["Det", "ective: ", '"Sit', ' down."', "\nUser", ": Why?", "\nDetective: Because."]:
            self.read += 1
            yield TextDelta(text)


async def test_a_model_that_writes_on_for_the_person_is_stopped_after_the_characters_words() -> None:
    rest = {field.name: {} for field in fields(Character) if field.default is MISSING}
    detective = Character(**rest | {"id": "detective", "languages": ("en",), "name": {"en": "Detective"}})
    model, limits = Rambling(), SpeakingLimits()

    heard = asked(model, ChatRequest([], detective), limits, Made(), Progress())
    text = "".join([event.text async for event in heard if isinstance(event, TextDelta)])

    assert (text, model.read) == ("Sit down.\n", 6)


async def test_what_is_written_for_no_character_is_left_as_it_is() -> None:
    heard = asked(Rambling(), ChatRequest([]), SpeakingLimits(), Made(), Progress())

    text = "".join([event.text async for event in heard if isinstance(event, TextDelta)])

    assert text == 'Detective: "Sit down."\nUser: Why?\nDetective: Because.'
