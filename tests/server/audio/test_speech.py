"""`/v1/audio/speech` through the official client, against the real server."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
import wave
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import numpy as np
import openai
import pytest

from models.stub import TONE
from pipeline.audio.samples import level_dbfs
from pipeline.engines.protocols import EngineInfo, SpeechChunk, SynthesisRequest
from pipeline.errors import EngineError
from server.audio.speech import style_in
from tests.server.audio.files import heard_in
from tests.serving import Serving, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

RATE = 24_000
TEXT = "That is a lovely question. I will answer it in two short parts, and then a third."
SECONDS = 0.06 * len(TEXT)
"""The stub speaks sixty milliseconds for each character, less the spaces between its clauses."""


def rms_dbfs(file: bytes) -> float:
    return level_dbfs(heard_in(file))


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        ("mp3", "audio/mpeg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
    ],
)
async def test_the_file_is_of_the_kind_asked_for_and_says_the_whole_text(
    server: Serving, format: Any, media_type: str
) -> None:
    async with server.client() as client:
        made = await client.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format=format)
        file = await made.aread()
    assert made.response.headers["content-type"] == media_type
    assert len(heard_in(file)) / 16_000 == pytest.approx(SECONDS, rel=0.06)
    assert rms_dbfs(file) == pytest.approx(level_dbfs(TONE), abs=1.0)


async def test_pcm_is_samples_at_24_khz(server: Serving) -> None:
    async with server.client() as client:
        made = await client.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format="pcm")
        pcm = np.frombuffer(await made.aread(), "<i2")
    assert len(pcm) / RATE == pytest.approx(SECONDS, rel=0.06)
    assert level_dbfs(pcm) == pytest.approx(level_dbfs(TONE), abs=0.5)


async def test_mp3_is_what_nobody_asks_for(server: Serving) -> None:
    async with server.client() as client:
        made = await client.audio.speech.create(model="gpt-4o-mini-tts", voice="coral", input="Hi.")
    assert made.response.headers["content-type"] == "audio/mpeg"


async def test_the_first_sound_leaves_long_before_the_last_is_made(server: Serving) -> None:
    async with server.client() as client:
        began, first = time.perf_counter(), 0.0
        create = client.audio.speech.with_streaming_response.create
        async with create(model="m", voice="v", input=TEXT * 8, response_format="pcm") as response:
            async for _ in response.iter_bytes():
                first = first or time.perf_counter() - began
        assert first < 0.5 * (time.perf_counter() - began)


async def test_events_carry_the_same_file_in_pieces_and_end_with_its_usage(server: Serving) -> None:
    async with server.client() as client:
        create = client.audio.speech.with_streaming_response.create
        async with create(model="m", voice="v", input=TEXT, response_format="wav", stream_format="sse") as response:
            lines = [line async for line in response.iter_lines() if line]
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    *deltas, done = events
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    file = b"".join(base64.b64decode(event["audio"]) for event in deltas)
    with wave.open(io.BytesIO(file)) as read:
        assert len(read.readframes(10**9)) / 2 / RATE == pytest.approx(SECONDS, rel=0.06)
    assert done["type"] == "speech.audio.done"
    usage = done["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens"] == pytest.approx(SECONDS * 20, rel=0.1)


@pytest.mark.parametrize(("speed", "factor"), [(0.25, 4.0), (1.0, 1.0), (4.0, 0.25)])
async def test_speed_changes_the_length(server: Serving, speed: float, factor: float) -> None:
    async with server.client() as client:
        made = await client.audio.speech.create(model="m", voice="v", input=TEXT, response_format="pcm", speed=speed)
        assert len(await made.aread()) / 2 / RATE == pytest.approx(SECONDS * factor, rel=0.08)


async def raw(server: Serving, body: Any, **options: Any) -> httpx2.Response:
    async with httpx2.AsyncClient() as client:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await client.post(f"{server.http}/v1/audio/speech", content=content, **options)


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"input": ""}, "invalid_value", "input"),
        ({"input": "x" * 4_097}, "invalid_value", "input"),
        ({"input": None}, "missing_required_parameter", "input"),
        ({"input": 7}, "invalid_value", "input"),
        ({"input": "  \n"}, "nothing_to_say", "input"),
        ({"input": "…!?"}, "nothing_to_say", "input"),
        ({"response_format": "mp4"}, "invalid_value", "response_format"),
        ({"speed": 0.2}, "invalid_value", "speed"),
        ({"speed": 4.1}, "invalid_value", "speed"),
        ({"speed": "fast"}, "invalid_value", "speed"),
        ({"voice": ["alloy"]}, "invalid_value", "voice"),
        ({"stream_format": "webrtc"}, "invalid_value", "stream_format"),
    ],
    ids=str,
)
async def test_the_callers_mistakes_are_named(server: Serving, change: dict[str, Any], code: str, param: str) -> None:
    answer = await raw(server, {"model": "m", "voice": "v", "input": TEXT, **change})
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["code"], error["param"]) == (
        400,
        "invalid_request_error",
        code,
        param,
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000])
async def test_what_is_no_request_is_refused(server: Serving, body: bytes) -> None:
    answer = await raw(server, body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_a_body_beyond_all_measure_is_too_large(server: Serving) -> None:
    answer = await raw(server, {"input": "x" * 2_000_000})
    assert answer.status_code == 413


async def test_the_longest_text_and_what_means_nothing_here_are_accepted(server: Serving) -> None:
    text = ("word " * 900)[:4_096]
    answer = await raw(
        server,
        {
            "input": text,
            "voice": {"id": "voice_1"},
            "speed": 4,
            "instructions": None,
            "response_format": "opus",
            "x": 1,
        },
    )
    assert answer.status_code == 200


async def test_keys_are_asked_for_as_on_the_socket() -> None:
    async with serving({"KAIKOU_API_KEYS": "sk-right"}) as server:
        async with server.client("sk-wrong") as client:
            with pytest.raises(openai.AuthenticationError):
                await client.audio.speech.create(model="m", voice="v", input="Hi.")
        async with server.client("sk-right") as client:
            await client.audio.speech.create(model="m", voice="v", input="Hi.")


async def test_foreign_web_pages_may_not_use_it(server: Serving) -> None:
    answer = await raw(server, {"input": "Hi."}, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_denied")


async def test_those_who_find_it_full_are_told_when_to_come_back() -> None:
    async with serving(speech_jobs=1, waiting_jobs=1) as server, server.client() as client:
        asking = [client.audio.speech.create(model="m", voice="v", input=TEXT * 4) for _ in range(6)]
        answers = await asyncio.gather(*asking, return_exceptions=True)
    full = [answer for answer in answers if isinstance(answer, openai.RateLimitError)]
    assert len(full) == 4
    assert all(int(error.response.headers["retry-after"]) > 0 for error in full)


# --- Engines that the tests watch ----------------------------------------------------------------------------------------


class Watched:
    """Keeps what it was asked; speaks so many chunks for a clause, then breaks off if it is told to."""

    info = EngineInfo("watched", "synthesizer", rate=16_000)

    def __init__(self, chunks: int, *, breaks: bool = False) -> None:
        self.requests: list[SynthesisRequest] = []
        self.ended = asyncio.Event()
        self._chunks, self._breaks = chunks, breaks

    async def speak(self, request: SynthesisRequest) -> AsyncIterator[SpeechChunk]:
        self.requests.append(request)
        try:
            for _ in range(self._chunks):
                yield SpeechChunk(np.full(1_280, 1_000, np.int16))
                await asyncio.sleep(0.001)
            if self._breaks:
                raise EngineError("The voice broke.", engine="watched")
        finally:
            self.ended.set()

    def close(self) -> None: ...


async def asked_of_engine(**body: Any) -> list[SynthesisRequest]:
    """What the synthesiser is asked for when the API is asked for this."""
    engine = Watched(1)
    async with serving(instead={"synthesizer": engine}) as server:
        assert (await raw(server, {"model": "m", **body})).status_code == 200
    return engine.requests


async def test_a_long_text_is_said_clause_by_clause_each_in_its_language() -> None:
    requests = await asked_of_engine(
        input="Hello there. How are you today? 你好，今天天气很好。", voice="nova", speed=1.5
    )
    assert len(requests) == 3
    assert [request.language for request in requests] == ["en", "en", "zh"]
    assert {(request.voice.name, request.voice.speed) for request in requests} == {("nova", 1.5)}


async def test_instructions_reach_the_engine_and_so_does_the_style_they_name() -> None:
    told = "Speak in a cheerful and positive tone."
    request, *_ = await asked_of_engine(input="Good morning.", instructions=told)
    assert (request.voice.instructions, request.voice.style) == (told, "cheerful")


async def test_a_mark_in_the_text_is_a_style_where_it_is_also_said_how_to_speak() -> None:
    request, *_ = await asked_of_engine(input="[whisper] Good morning.", instructions="Follow the marks.")
    assert (request.text, request.voice.style) == ("Good morning.", "whisper")


@pytest.mark.parametrize("text", ["[yes] or [no]", "[whisper] Good morning.", "(laughs) {name} 你好（笑）"])
async def test_words_in_brackets_are_said(text: str) -> None:
    requests = await asked_of_engine(input=text)
    assert [(request.text, request.voice.style) for request in requests] == [(text, "")]


async def test_voices_and_models_are_listed_as_open_webui_reads_them(server: Serving) -> None:
    async with httpx2.AsyncClient(base_url=server.http) as client:
        voices, models = [(await client.get(f"/v1/audio/{what}")).json() for what in ("voices", "models")]
    assert voices == {"voices": [{"id": "tone", "name": "Tone", "language": "en"}]}
    assert models == {"models": [{"id": "stub", "name": "stub"}]}


async def test_a_synthesiser_that_names_no_voices_offers_those_that_clients_know() -> None:
    async with (
        serving({"KAIKOU_API_KEYS": "k"}, instead={"synthesizer": Watched(1)}) as server,
        httpx2.AsyncClient() as client,
    ):
        address = f"{server.http}/v1/audio/voices"
        answer = await client.get(address, headers={"Authorization": "Bearer k"})
        refused = await client.get(address)
    assert {"id": "alloy", "name": "Alloy"} in answer.json()["voices"]
    assert refused.status_code == 401


@pytest.mark.parametrize(
    ("instructions", "style"),
    [
        ("Speak cheerfully.", "cheerful"),
        ("Be cheerful.", "cheerful"),
        ("SADLY and slowly", "sad"),
        ("Talk like an old saddle maker.", ""),
        ("", ""),
    ],
)
async def test_a_style_is_found_in_instructions_by_its_name(instructions: str, style: str) -> None:
    assert style_in(instructions) == style


async def test_the_engine_stops_when_the_client_goes_away() -> None:
    engine = Watched(1_000_000)
    async with serving(instead={"synthesizer": engine}) as server:
        async with server.client() as client:
            create = client.audio.speech.with_streaming_response.create
            async with create(model="m", voice="v", input=TEXT, response_format="pcm") as response:
                async for _ in response.iter_bytes():
                    break
        async with asyncio.timeout(5):
            await engine.ended.wait()


async def test_an_engine_that_fails_at_once_is_told_with_a_status() -> None:
    async with serving(instead={"synthesizer": Watched(0, breaks=True)}) as server:
        answer = await raw(server, {"input": TEXT})
        async with httpx2.AsyncClient() as client:
            metrics = await client.get(f"{server.http}/metrics")
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "engine_error")
    assert 'kaikou_audio_requests_total{kind="speech",outcome="engine_error"} 1.0' in metrics.text


async def test_half_a_file_is_not_taken_for_a_whole_one() -> None:
    async with serving(instead={"synthesizer": Watched(20, breaks=True)}) as server:
        with pytest.raises(httpx2.RemoteProtocolError):
            await raw(server, {"input": TEXT, "response_format": "pcm"})


async def test_events_that_break_off_end_with_the_error() -> None:
    async with serving(instead={"synthesizer": Watched(20, breaks=True)}) as server:
        answer = await raw(server, {"input": TEXT, "response_format": "pcm", "stream_format": "sse"})
    last = json.loads(answer.text.strip().split("\n\n")[-1].removeprefix("data: "))
    assert last["error"]["code"] == "engine_error"


async def test_a_text_with_numbers_becomes_a_file_of_a_voice_that_wants_words() -> None:
    async with serving(synthesizer="espeak") as server, server.client() as client:
        made = await client.audio.speech.create(model="tts-1", voice="alloy", input="It costs $20.50.")
        file = await made.aread()
    assert len(heard_in(file)) / 16_000 > 1.5
