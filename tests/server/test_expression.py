"""How things are said, end to end: the model's style marks reach the voice alone, the person's tone the model alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.stub import HEARD
from pipeline.engines.protocols import VoiceChoice
from tests.server.expressive_engines import noting, reciter, sensitive
from tests.server.talking import talking
from tests.serving import Serving, serving

UNPROMPTED = {"input": {"turn_detection": None}}

MARKED = "[cheerful] Good morning, my friend. [TIRED]I slept so badly. [dancing] Listen to Smith [Smith 2004] then."
MARKED_ZH = "[cheerful]早上好，我的朋友。[ tired ]我没睡好。[dancing]你听。"


def engines() -> dict[str, Any]:
    """A model that recites what it is told, a voice that notes how it is to speak, and an ear that hears tones."""
    return {"chat_model": reciter({}), "synthesizer": noting({}), "recognizer": sensitive({})}


def engines_of(server: Serving) -> tuple[Any, Any]:
    return server.loaded.engines.chat_model, server.loaded.engines.synthesizer


@pytest.mark.parametrize(
    ("text", "shown", "spoken"),
    [
        (
            MARKED,
            "Good morning, my friend. I slept so badly. Listen to Smith [Smith 2004] then.",
            [
                ("Good morning, my friend.", "cheerful"),
                ("I slept so badly.", "tired"),
                ("Listen to Smith [Smith 2004] then.", "tired"),
            ],
        ),
        (
            MARKED_ZH,
            "早上好，我的朋友。我没睡好。你听。",
            [("早上好，我的朋友。", "cheerful"), ("我没睡好。", "tired"), ("你听。", "tired")],
        ),
    ],
    ids=["letter by letter", "whole"],
)
async def test_a_style_mark_reaches_the_voice_and_nothing_else(
    text: str, shown: str, spoken: list[tuple[str, str]]
) -> None:
    async with serving(instead=engines()) as server, talking(server, extensions="kaikou") as talk:
        await talk.configure(audio=UNPROMPTED)
        await talk.write(text)
        since = len(talk.events)
        response = await talk.ask()
        model, voice = engines_of(server)
        await talk.write("And then?")
        await talk.ask()

    assert response["output"][0]["content"][0]["transcript"] == shown
    sent = json.dumps([event for event in talk.events[since:] if event["type"].startswith(("response.", "kaikou."))])
    assert [mark for mark in ("cheerful", "tired", "TIRED", "dancing") if mark in sent] == []
    assert model.asked[1].messages[-2].text == shown
    assert [(request.text, request.voice.style) for request in voice.asked] == [*spoken, ("And then?", "")]


async def test_a_voice_asked_for_one_answer_is_another_name_at_the_speed_of_the_session() -> None:
    async with serving(instead=engines()) as server, talking(server) as talk:
        await talk.configure(audio={**UNPROMPTED, "output": {"voice": "marin", "speed": 1.5}})
        told = []
        for asked in ({}, {"audio": {"output": {"voice": "cedar"}}}, {}):
            await talk.write("Good morning, my friend.")
            told.append((await talk.ask(**asked))["audio"]["output"]["voice"])
        _, voice = engines_of(server)

    marin, cedar = VoiceChoice("marin", 1.5), VoiceChoice("cedar", 1.5)
    assert ([request.voice for request in voice.asked], told) == ([marin, cedar, marin], ["marin", "cedar", "marin"])


async def test_a_written_answer_keeps_its_markup_and_loses_its_style_marks() -> None:
    async with serving(instead=engines()) as server, talking(server) as talk:
        await talk.configure(output_modalities=["text"], audio=UNPROMPTED)
        await talk.write("[sad] **No**, see [this](x).")
        response = await talk.ask()

    assert response["output"][0]["content"][0]["text"] == "**No**, see [this](x)."


async def test_the_model_is_told_of_the_marks_a_voice_follows() -> None:
    async with serving(instead=engines()) as server, talking(server) as talk:
        styled, written = await talk.configure(), await talk.configure(output_modalities=["text"])
    async with serving() as server, talking(server) as talk:
        plain = await talk.configure()

    assert ["[whisper]" in session["instructions"] for session in (styled, written, plain)] == [True, False, False]


@pytest.mark.parametrize("detection", ["server_vad", "semantic_vad"])
async def test_how_the_person_sounded_reaches_the_model_and_the_page_and_no_transcript(detection: str) -> None:
    audio = {"input": {"transcription": {"model": "any"}, "turn_detection": {"type": detection}}}
    async with serving(instead=engines()) as server, talking(server, extensions="kaikou") as talk:
        await talk.configure(audio=audio)
        await talk.say_something()
        await talk.until("response.done")
        model, _ = engines_of(server)

    assert {request.messages[-1].text for request in model.asked} == {f"(said sadly; coughing) {HEARD}"}
    heard = next(event for event in talk.events if event["type"] == "kaikou.heard")
    assert (heard["language"], heard["emotion"], heard["sounds"]) == ("en", "sad", ["coughing"])
    completed = "conversation.item.input_audio_transcription.completed"
    assert next(event["transcript"] for event in talk.events if event["type"] == completed) == HEARD
