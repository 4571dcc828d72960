"""New engines while a server runs: conversations and requests that have begun end with theirs, the next have the new."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
import numpy as np

from models.stub import RecognizerSettings, StubRecognizer, StubSynthesizer, SynthesizerSettings
from server.engines.current import CurrentEngines
from server.engines.loaded import LoadedEngines
from server.settings import load_settings
from tests.server.talking import RATE, Talk, talking
from tests.serving import Serving, serving
from tests.speech import sentence, silence

TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
AUDIO = {"input": {"transcription": {"model": "whisper-1"}}}
OLD, NEW = "These are the old ears.", "These are the new ears."


class Hearing(StubRecognizer):
    """Hears one text in everything; `languages` are those it says it understands."""

    def __init__(self, text: str, *languages: str) -> None:
        super().__init__(RecognizerSettings(text=text))
        self.info = replace(StubRecognizer.info, name=text, languages=languages)


def having(**engines: Any) -> Callable[[LoadedEngines], LoadedEngines]:
    """Makes the next engines: the same, but for these."""

    def make(before: LoadedEngines) -> LoadedEngines:
        made = LoadedEngines(load_settings({"engines": "stub", "llm_discover": False}, {}), before=before)
        made.engines = replace(made.engines, **engines)
        for (role, name), status in made.statuses.items():
            made.statuses[role, name] = replace(status, info=getattr(made.engines, role).info)
        return made

    return make


@asynccontextmanager
async def old_ears() -> AsyncIterator[tuple[Serving, CurrentEngines]]:
    async with serving(instead={"recognizer": Hearing(OLD, "en")}) as server:
        yield server, server.app.state.engines


async def heard(talk: Talk, since: int = 0) -> str:
    return str((await talk.until(TRANSCRIBED, since))["transcript"])


async def settled(current: CurrentEngines) -> None:
    """No generation is left but the current one."""
    async with asyncio.timeout(10):
        while len(current.generations) > 1:
            await asyncio.sleep(0.01)


async def test_a_talk_goes_on_with_its_engines_and_the_next_one_has_the_new_ones() -> None:
    async with old_ears() as (server, current), talking(server) as before:
        await before.configure(audio=AUDIO)
        await before.hear(sentence(RATE)[: RATE // 2])
        await before.until("input_audio_buffer.speech_started")
        await current.renew(having(recognizer=Hearing(NEW, "zh", "en")))
        async with talking(server) as after:
            await after.configure(audio=AUDIO)
            await after.say_something()
            assert await heard(after) == NEW
        await before.hear(np.concatenate((sentence(RATE)[RATE // 2 :], silence(1.0, RATE))))
        assert await heard(before) == OLD
        await before.until("response.done")
        since = len(before.events)
        await before.say_something()
        assert (await heard(before, since), len(current.generations)) == (OLD, 2)
        await before.connection.close()
        await settled(current)


async def test_the_engines_of_a_talk_that_was_cut_off_wait_for_it_as_long_as_it_does() -> None:
    async with old_ears() as (server, current):
        async with talking(server, extensions="kaikou") as talk:
            await talk.write("Hello")
            talk.connection._connection.transport.abort()
        [live] = server.app.state.realtime.live.values()
        await current.renew(having(recognizer=Hearing(NEW)))
        assert [one.engines.recognizer.info.name for one in current.generations] == [OLD, NEW]
        live.end(1000, "it was given up")
        await settled(current)


async def test_the_page_and_those_who_watch_are_told_of_the_new_engines() -> None:
    async with old_ears() as (server, current), httpx2.AsyncClient(base_url=server.http) as client:

        async def told() -> list[Any]:
            paths = ("/health", "/ready", "/api/status", "/v1/models", "/api/characters")
            health, ready, status, models, cards = [(await client.get(path)).json() for path in paths]
            names = [json.dumps(of, ensure_ascii=False) for of in (health, ready, status, models)]
            return [[NEW in name for name in names], cards["data"]["items"][0]["hears"]]

        before = await told()
        await current.renew(having(recognizer=Hearing(NEW)))
        assert (before, await told()) == ([[False] * 4, ["en"]], [[True] * 4, ["en", "zh"]])


async def test_a_voice_sample_is_that_of_the_current_voice_and_is_fetched_once() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http) as client:
        path = "/api/characters/assistant/sample?language=en"
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        voice = StubSynthesizer(SynthesizerSettings(ms_per_character=20))
        await server.app.state.engines.renew(having(synthesizer=voice))
        other = await client.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert (again.status_code, other.status_code) == (304, 200)
    assert len(other.content) < len(first.content)


async def test_a_file_that_is_being_spoken_is_spoken_to_its_end_by_the_voice_that_began() -> None:
    async with serving() as server, httpx2.AsyncClient(base_url=server.http, timeout=30) as client:
        current = server.app.state.engines
        asked = {"input": "One clause, and another one. " * 8, "response_format": "pcm"}
        whole = (await client.post("/v1/audio/speech", json=asked)).content
        async with client.stream("POST", "/v1/audio/speech", json=asked) as response:
            pieces = response.aiter_bytes()
            spoken = [await anext(pieces)]
            voice = StubSynthesizer(SynthesizerSettings(ms_per_character=20))
            await current.renew(having(synthesizer=voice))
            spoken += [piece async for piece in pieces]
        shorter = (await client.post("/v1/audio/speech", json=asked)).content
        await settled(current)

    assert (len(b"".join(spoken)), len(shorter) < len(whole)) == (len(whole), True)
