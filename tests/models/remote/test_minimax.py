import asyncio
import json
import logging
from functools import partial
from traceback import format_exception
from typing import get_args

import numpy as np
import pytest

from models.remote.minimax import EMOTIONS, REFUSALS, create
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from pipeline.errors import EngineBusy, EngineError, EngineKeyRefused, EngineTimeout, EngineUnavailable
from pipeline.text.styles import Emotion
from tests.models.remote_speech import ENOUGH_S, HELLO, KEY, hangs_up_at_once, heard, said, talking_by
from tests.models.speech_server import (
    Answer,
    Line,
    breaking,
    events,
    minimax_event,
    minimax_refusal,
    pieces,
    raw,
    refusing,
    saying,
    sending,
    stalling,
    tone,
)

SPEECH = tone(400)
SSE = "text/event-stream"
PARTS = [minimax_event(part) for part in pieces(SPEECH)]
ANSWER = events(*PARTS, minimax_event(b"", 2))
BEGUN = f"data: {json.dumps(PARTS[0])}\n\n".encode()


talking = partial(talking_by, create)


async def test_audio_arrives_while_the_server_still_makes_it() -> None:
    gate = asyncio.Event()

    async def answer(line: Line) -> None:
        await line.start(kind=SSE)
        await line.event(PARTS[0])
        await gate.wait()
        for part in PARTS[1:]:
            await line.event(part)
        await line.end()

    async with talking(answer) as (engine, _), asyncio.timeout(ENOUGH_S):
        chunks = engine.speak(HELLO)
        begun = [await anext(chunks)]
        gate.set()
        begun += [chunk async for chunk in chunks]

    np.testing.assert_array_equal(np.concatenate([chunk.pcm for chunk in begun]), SPEECH)
    assert max(len(chunk.pcm) for chunk in begun) <= 0.08 * engine.info.rate


async def test_the_request_has_the_fields_of_the_api() -> None:
    request = SynthesisRequest("你好！", "zh", VoiceChoice("male", speed=1.2, pitch=2.4, style="sad"))
    async with talking(ANSWER, group_id="4711") as (engine, server):
        await said(engine, request)

    asked = server.asked[0]
    assert (asked.method, asked.path, asked.query) == ("POST", "/v1/t2a_v2", {"GroupId": "4711"})
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "speech-2.8-turbo",
        "text": "你好！",
        "stream": True,
        "stream_options": {"exclude_aggregated_audio": True},
        "language_boost": "Chinese",
        "voice_setting": {"voice_id": "male-qn-qingse", "speed": 1.056, "vol": 0.85, "pitch": 1, "emotion": "sad"},
        "audio_setting": {"sample_rate": 24_000, "format": "pcm", "channel": 1},
    }


@pytest.mark.parametrize(
    ("style", "model", "emotion"),
    [
        ("", "speech-2.8-hd", None),
        ("cheerful", "speech-2.8-hd", "happy"),
        ("fearful", "speech-2.8-hd", "fearful"),
        ("tired", "speech-2.8-hd", "sad"),
        ("whisper", "speech-2.8-hd", "calm"),
        ("whisper", "speech-2.6-turbo", "whisper"),
    ],
)
async def test_a_style_is_an_emotion_that_the_model_knows(style: str, model: str, emotion: str | None) -> None:
    async with talking(ANSWER, model=model) as (engine, server):
        await said(engine, SynthesisRequest("Hi.", voice=VoiceChoice(style=style)))

    assert server.asked[0].body["voice_setting"].get("emotion") == emotion


def test_every_emotion_has_a_name_there() -> None:
    assert set(EMOTIONS) == set(get_args(Emotion))


@pytest.mark.parametrize(
    ("asked", "language", "voice"),
    [
        ("female", "en", "English_Graceful_Lady"),
        ("female", "zh", "female-tianmei"),
        ("espeak/cmn-male-low", "zh", "Chinese (Mandarin)_Gentleman"),
        ("minimax/moss_audio_1", "en", "moss_audio_1"),
    ],
)
async def test_a_voice_is_found_by_its_name_or_by_what_is_wished_for(asked: str, language: str, voice: str) -> None:
    async with talking(ANSWER) as (engine, server):
        await said(engine, SynthesisRequest("Hi.", language, VoiceChoice(asked)))

    assert server.asked[0].body["voice_setting"]["voice_id"] == voice


async def test_prosody_stays_within_what_the_api_takes() -> None:
    async with talking(ANSWER) as (engine, server):
        await said(engine, SynthesisRequest("Hi.", voice=VoiceChoice(speed=9.0, pitch=-40)))

    voice = server.asked[0].body["voice_setting"]
    assert (voice["speed"], voice["pitch"], "GroupId" in server.asked[0].query) == (2.0, -12, False)


async def test_audio_that_is_repeated_at_the_end_is_heard_once() -> None:
    async with talking(events(*PARTS, minimax_event(raw(SPEECH), 2))) as (engine, _):
        np.testing.assert_array_equal(await heard(engine), SPEECH)


async def test_an_answer_that_is_no_stream_is_heard_too() -> None:
    async with talking(saying(minimax_event(raw(SPEECH), 2))) as (engine, _):
        np.testing.assert_array_equal(await heard(engine), SPEECH)


@pytest.mark.parametrize("size", [1, 7, 5000])
async def test_events_may_be_cut_anywhere_by_the_network(size: int) -> None:
    sent = b"".join(f"event: x\r\ndata:{json.dumps(minimax_event(part))}\r\n\r\n".encode() for part in pieces(tone(50)))
    parts = [sent[at : at + size] for at in range(0, len(sent), size)]
    async with talking(sending(*parts, kind=SSE)) as (engine, _):
        np.testing.assert_array_equal(await heard(engine), tone(50))


async def test_closing_the_clause_hangs_up_at_once() -> None:
    hung_up = asyncio.Event()
    async with talking(stalling(BEGUN, kind=SSE, hung_up=hung_up)) as (engine, _):
        await hangs_up_at_once(engine, hung_up)


@pytest.mark.parametrize("wrong_key", [1004, 2049])
async def test_a_wrong_key_stops_at_once_though_http_says_200(wrong_key: int) -> None:
    async with talking(saying(minimax_refusal(wrong_key, f"invalid api key {KEY}")), ANSWER) as (engine, server):
        with pytest.raises(EngineKeyRefused, match="KAIKOU_MINIMAX_API_KEY"):
            await said(engine)

    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "requests", "kind", "code", "says"),
    [
        (saying(minimax_refusal(1002, KEY)), 1, EngineBusy, "engine_busy", "pause"),
        (events(minimax_refusal(1039, KEY)), 1, EngineBusy, "engine_busy", "pause"),
        (saying(minimax_refusal(1008, KEY)), 1, EngineUnavailable, "insufficient_quota", "used up"),
        (saying(minimax_refusal(1013, KEY)), 2, EngineError, "engine_error", r"answered 500 \(internal_error\)"),
        (saying(minimax_refusal(2013, KEY)), 1, EngineError, "engine_error", r"answered 400 \(invalid_params\)"),
        (saying(minimax_refusal(20132, KEY)), 1, EngineUnavailable, "engine_unavailable", "English_Graceful_Lady"),
        (saying(minimax_refusal(9999, KEY)), 1, EngineError, "engine_error", "answered 400"),
        (refusing(401, {"error": KEY}), 1, EngineKeyRefused, "engine_key_refused", "key was refused"),
        (refusing(502, f"<html>{KEY}</html>"), 2, EngineError, "engine_error", "answered 502"),
        (refusing(200, f"<html>{KEY}</html>"), 1, EngineError, "engine_error", "cannot read"),
        (saying([KEY]), 1, EngineError, "engine_error", "cannot read"),
        (saying({"data": {"audio": "no hex", "status": 1}}), 1, EngineError, "engine_error", "cannot read"),
        (saying({"data": {"audio": 5}}), 1, EngineError, "engine_error", "cannot read"),
        (events(minimax_event(b"", 2)), 1, EngineError, "engine_error", "no audio"),
        (breaking(), 2, EngineUnavailable, "engine_unavailable", "KAIKOU_MINIMAX_BASE_URL"),
        (stalling(), 1, EngineTimeout, "engine_timeout", r"nothing for 0\.5 s"),
    ],
)
async def test_a_failure_is_told_by_its_kind_and_without_secrets(
    answer: Answer, requests: int, kind: type[EngineError], code: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(answer, timeout_s=0.5) as (engine, server):
        with pytest.raises(EngineError, match=says) as raised:
            await said(engine)

    error = raised.value
    assert (type(error), error.code, error.engine, len(server.asked)) == (kind, code, "minimax", requests)
    assert KEY not in "".join(format_exception(error)) + caplog.text


@pytest.mark.parametrize("code", [1013, 1002])
async def test_a_refusal_after_audio_is_not_tried_again(code: int) -> None:
    async with talking(events(PARTS[0], minimax_refusal(code, KEY)), ANSWER) as (engine, server):
        chunks = engine.speak(HELLO)
        assert len((await anext(chunks)).pcm)
        with pytest.raises(EngineError):
            [chunk async for chunk in chunks]

    assert len(server.asked) == 1


async def test_what_breaks_after_audio_is_not_tried_again() -> None:
    async with talking(breaking(BEGUN, kind=SSE), ANSWER) as (engine, server):
        with pytest.raises(EngineError, match="broke"):
            await said(engine)

    assert len(server.asked) == 1


def test_every_refusal_is_an_error_of_http() -> None:
    assert all(400 <= status < 600 for status, _ in REFUSALS.values())


def test_a_key_is_needed() -> None:
    with pytest.raises(EngineUnavailable, match="KAIKOU_MINIMAX_API_KEY"):
        create({})
