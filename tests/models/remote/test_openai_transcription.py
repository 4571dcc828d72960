import asyncio
import io
import logging
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from threading import Thread
from traceback import format_exception
from typing import Any

import numpy as np
import pytest

from models.remote.openai_transcription import LONGEST_S, RemoteRecognizer, create
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.engines.protocols import Recognition, WordTime
from pipeline.engines.workers import Workers
from pipeline.errors import EngineBusy, EngineError, EngineKeyRefused, EngineTimeout, EngineUnavailable
from tests.models.remote_speech import AT_ONCE_S, ENOUGH_S, KEY, SECRETIVE
from tests.models.speech_server import (
    Answer,
    Line,
    SpeechServer,
    breaking,
    refusing,
    running,
    saying,
    stalling,
    tone,
)

SPEECH = tone(600, LINE_RATE)
PLAIN = saying({"text": " The cat sat. "})
VERBOSE = saying(
    {
        "text": "The cat.",
        "language": "english",
        "duration": 0.6,
        "words": [{"word": " The", "start": 0.0, "end": 0.21}, {"word": " cat.", "start": 0.25, "end": 0.5}],
    }
)


@asynccontextmanager
async def listening(*answers: Answer, **settings: Any) -> AsyncIterator[tuple[RemoteRecognizer, SpeechServer]]:
    async with running(*answers) as server:
        engine = create({"base_url": server.base_url, "api_key": KEY, "timeout_s": ENOUGH_S, **settings})
        try:
            yield engine, server
        finally:
            await engine.aclose()


async def understood(engine: RemoteRecognizer, *pcm: Samples, language: str = "") -> Recognition:
    utterance = engine.open(language)
    for piece in pcm or (SPEECH,):
        assert await utterance.accept(piece) == ""
    try:
        return await utterance.settle(0.5)
    finally:
        utterance.close()


async def test_an_utterance_is_sent_whole_and_its_text_comes_back() -> None:
    async with listening(PLAIN, model="whisper-large") as (engine, server):
        assert await understood(engine, SPEECH[:1000], SPEECH[1000:], language="fr") == Recognition("The cat sat.")

    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/v1/audio/transcriptions")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    fields = asked.body
    name, kind, content = fields.pop("file")
    assert (name, kind) == ("speech.wav", "audio/wav")
    assert fields == {
        "model": "whisper-large",
        "language": "fr",
        "response_format": "verbose_json",
        "timestamp_granularities[]": "word",
    }
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (LINE_RATE, 1, 2)
        np.testing.assert_array_equal(np.frombuffer(file.readframes(10**6), "<i2"), SPEECH)


async def test_words_and_language_are_taken_where_the_server_tells_them() -> None:
    async with listening(VERBOSE) as (engine, _):
        recognition = await understood(engine)

    words = (WordTime("The", 0, 210), WordTime("cat.", 250, 500))
    assert recognition == Recognition("The cat.", "en", words=words)


@pytest.mark.parametrize(("told", "tag"), [("zh", "zh"), ("Cantonese", "yue"), ("klingon", ""), (None, "")])
async def test_a_language_is_told_by_its_tag(told: str | None, tag: str) -> None:
    async with listening(saying({"text": "x", "language": told})) as (engine, _):
        assert (await understood(engine)).language == tag


@pytest.mark.parametrize("status", [400, 422])
async def test_a_server_without_word_times_is_asked_again_and_remembered(status: int) -> None:
    async with listening(refusing(status, {"error": {"message": "verbose_json?"}}), PLAIN) as (engine, server):
        for _ in range(2):
            assert (await understood(engine)).text == "The cat sat."

    assert [asked.body["response_format"] for asked in server.asked] == ["verbose_json", "json", "json"]


@pytest.mark.parametrize(("language", "hint"), [("", None), ("zh", "zh"), ("cmn", "zh"), ("yue", "zh"), ("haw", None)])
async def test_the_hint_is_one_that_servers_know(language: str, hint: str | None) -> None:
    async with listening(PLAIN) as (engine, server):
        await understood(engine, language=language)

    assert server.asked[0].body.get("language") == hint


async def test_a_draft_is_asked_for_once_and_more_audio_makes_it_new() -> None:
    async with listening(PLAIN, VERBOSE) as (engine, server):
        utterance = engine.open("en")
        await utterance.accept(SPEECH)
        drafts = [await utterance.settle(0.5), await utterance.settle(0.5)]
        await utterance.accept(SPEECH)
        drafts.append(await utterance.settle(0.5))
        utterance.close()

    assert [draft.text for draft in drafts] == ["The cat sat.", "The cat sat.", "The cat."]
    assert len(server.asked) == 2


async def test_too_little_audio_for_a_word_asks_nobody() -> None:
    async with listening(PLAIN) as (engine, server):
        assert await understood(engine, SPEECH[:100]) == Recognition("")

    assert server.asked == []


async def test_an_utterance_without_end_is_kept_to_a_bound() -> None:
    async with listening(PLAIN) as (engine, server):
        await understood(engine, *[np.zeros(60 * LINE_RATE, np.int16)] * 7)

    assert len(server.asked[0].raw) < (LONGEST_S + 1) * LINE_RATE * 2


@pytest.mark.parametrize("from_a_thread", [False, True])
async def test_closing_an_utterance_ends_its_request_at_once(from_a_thread: bool) -> None:
    begun, hung_up = asyncio.Event(), asyncio.Event()

    async def answer(line: Line) -> None:
        begun.set()
        await stalling(hung_up=hung_up)(line)

    async with listening(answer) as (engine, _), asyncio.timeout(ENOUGH_S):
        utterance = engine.open()
        await utterance.accept(SPEECH)
        settling = asyncio.create_task(utterance.settle(0.5))
        await begun.wait()
        async with asyncio.timeout(AT_ONCE_S):
            if from_a_thread:
                Thread(target=utterance.close).start()
            else:
                utterance.close()
            await hung_up.wait()
            with pytest.raises(EngineError, match="closed"):
                await settling
        utterance.close()


async def test_the_loop_runs_it_without_a_thread() -> None:
    workers = Workers(1)
    workers.close()
    async with listening(PLAIN) as (engine, _):
        utterance = engine.open()
        assert await workers.call(partial(utterance.accept, SPEECH), timeout_s=1) == ""
        recognition = await workers.call(partial(utterance.settle, 0.5), timeout_s=ENOUGH_S)
        utterance.close()

    assert recognition.text == "The cat sat."


@pytest.mark.parametrize(
    ("answer", "requests", "kind", "code", "says"),
    [
        (refusing(401, SECRETIVE), 1, EngineKeyRefused, "engine_key_refused", "KAIKOU_STT_API_KEY"),
        (refusing(404, {"error": {"message": KEY}}), 1, EngineUnavailable, "engine_unavailable", "'m' was not found"),
        (refusing(429, {"error": {"message": KEY}}), 1, EngineBusy, "engine_busy", "pause"),
        (refusing(400, {"error": {"message": KEY}}), 2, EngineError, "engine_error", "answered 400"),
        (refusing(500, {"error": {"message": KEY}}), 2, EngineError, "engine_error", "answered 500"),
        (refusing(200, f"<html>{KEY}</html>"), 1, EngineError, "engine_error", "cannot read"),
        (saying({"texts": [KEY]}), 1, EngineError, "engine_error", "cannot read"),
        (saying({"text": 5}), 1, EngineError, "engine_error", "cannot read"),
        (saying({"text": "x", "words": [5]}), 1, EngineError, "engine_error", "cannot read"),
        (saying([KEY]), 1, EngineError, "engine_error", "cannot read"),
        (breaking(), 2, EngineUnavailable, "engine_unavailable", "KAIKOU_STT_BASE_URL"),
        (breaking(b'{"text":', kind="application/json"), 2, EngineUnavailable, "engine_unavailable", "reached"),
    ],
)
async def test_a_failure_is_told_by_its_kind_and_without_secrets(
    answer: Answer, requests: int, kind: type[EngineError], code: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with listening(answer, model="m") as (engine, server):
        with pytest.raises(EngineError, match=says) as raised:
            await understood(engine)

    error = raised.value
    assert (type(error), error.code, error.engine, len(server.asked)) == (kind, code, engine.info.name, requests)
    assert KEY not in "".join(format_exception(error)) + caplog.text


async def test_one_failure_goes_unnoticed() -> None:
    async with listening(breaking(), PLAIN) as (engine, _):
        assert (await understood(engine)).text == "The cat sat."


async def test_silence_is_a_timeout_within_the_bound() -> None:
    async with listening(stalling(), timeout_s=0.2) as (engine, _):
        with pytest.raises(EngineTimeout, match=r"nothing for 0\.2 s"):
            await understood(engine)


def test_openai_itself_needs_a_key() -> None:
    with pytest.raises(EngineUnavailable, match="KAIKOU_STT_API_KEY"):
        create({})
