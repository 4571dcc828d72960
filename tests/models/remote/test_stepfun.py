import asyncio
import base64
import logging
from functools import partial
from traceback import format_exception
from typing import Any

import numpy as np
import pytest

from models.remote.stepfun import LABELS, create_recognizer, create_speech
from pipeline.audio.samples import LINE_RATE
from pipeline.engines.protocols import Recognition, SynthesisRequest, VoiceChoice
from pipeline.errors import EngineError, EngineKeyRefused, EngineUnavailable
from pipeline.text.styles import STYLES
from tests.models.remote_speech import ENOUGH_S, KEY, SECRETIVE, hangs_up_at_once, heard, said, talking_by
from tests.models.speech_server import (
    Answer,
    SpeechServer,
    events,
    pieces,
    raw,
    refusing,
    running,
    sending,
    stalling,
    tone,
)

SPEECH = tone(300)
UTTERANCE = tone(500, LINE_RATE)
DELTA = {"type": "transcript.text.delta", "delta": "你好", "start_time": 0, "end_time": 500}
DONE = {"type": "transcript.text.done", "text": "你好，世界。", "usage": {"type": "realtime_asr", "total_tokens": 9}}


talking = partial(talking_by, create_speech)


async def test_the_request_has_the_fields_of_the_api() -> None:
    async with talking(sending(*pieces(SPEECH))) as (engine, server):
        pcm = await heard(engine, SynthesisRequest("你好（轻声）！", "zh", VoiceChoice("male-low", style="sad")))

    np.testing.assert_array_equal(pcm, SPEECH)
    assert (server.asked[0].path, server.asked[0].headers["authorization"]) == ("/v1/audio/speech", f"Bearer {KEY}")
    assert server.asked[0].body == {
        "model": "step-tts-2",
        "input": "你好（轻声）！",
        "voice": "cixingnansheng",
        "response_format": "pcm",
        "sample_rate": 24_000,
        "voice_label": {"emotion": "悲伤"},
    }


@pytest.mark.parametrize(
    ("model", "style", "fields"),
    [
        ("step-tts-2", "", {}),
        ("step-tts-2", "gentle", {"voice_label": {"style": "温柔"}}),
        ("step-tts-mini", "gentle", {"volume": 0.85, "speed": 0.94}),
        ("step-tts-mini", "angry", {"voice_label": {"emotion": "生气"}}),
        ("step-tts-2", "whisper", {"volume": 0.55, "speed": 0.92}),
        ("stepaudio-2.5-tts", "whisper", {"instruction": "Whisper."}),
        ("stepaudio-2.5-tts", "", {}),
    ],
)
async def test_each_model_is_told_a_style_in_its_own_way(model: str, style: str, fields: dict[str, Any]) -> None:
    async with talking(sending(raw(SPEECH)), model=model) as (engine, server):
        await said(engine, SynthesisRequest("Hi.", voice=VoiceChoice(style=style)))

    body = server.asked[0].body
    assert {
        name: body.get(name) for name in ("volume", "speed", "voice_label", "instruction") if name in body
    } == fields


async def test_what_stands_in_brackets_is_spoken_by_the_model_that_takes_it_for_an_order() -> None:
    async with talking(sending(raw(SPEECH)), model="stepaudio-2.5-tts") as (engine, server):
        await said(engine, SynthesisRequest("北京（首都）很大"))

    assert server.asked[0].body["input"] == "北京，首都，很大"


@pytest.mark.parametrize(
    ("asked", "voice"),
    [
        ("female", "elegantgentle-female"),
        ("wenrounvsheng", "wenrounvsheng"),
        ("stepfun/voice-tone-Abc123", "voice-tone-Abc123"),
        ("onyx", "cixingnansheng"),
    ],
)
async def test_a_voice_is_found_by_its_name_or_by_what_is_wished_for(asked: str, voice: str) -> None:
    async with talking(sending(raw(SPEECH))) as (engine, server):
        await said(engine, SynthesisRequest("Hi.", voice=VoiceChoice(asked)))

    assert server.asked[0].body["voice"] == voice


def test_labels_are_for_styles_that_exist() -> None:
    assert set(LABELS) <= set(STYLES)


async def test_a_clause_longer_than_it_takes_is_an_error_before_it_is_asked() -> None:
    async with talking(sending(raw(SPEECH))) as (engine, server):
        with pytest.raises(EngineError, match="1000 characters"):
            await said(engine, SynthesisRequest("好" * 1001))

    assert server.asked == []


@pytest.mark.parametrize("status", [401, 400])
async def test_a_wrong_key_stops_at_once(status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(refusing(status, SECRETIVE), sending(raw(SPEECH))) as (engine, server):
        with pytest.raises(EngineKeyRefused, match="KAIKOU_STEPFUN_API_KEY") as raised:
            await said(engine)

    assert KEY not in "".join(format_exception(raised.value))
    assert len(server.asked) == 1
    assert KEY not in caplog.text


async def test_its_reason_is_told_where_that_is_a_word() -> None:
    refused = {"error": {"message": f"blocked {KEY}", "type": "censorship_block"}}
    async with talking(refusing(400, refused)) as (engine, _):
        with pytest.raises(EngineError, match=r"StepFun answered 400 \(censorship_block\)\.$"):
            await said(engine)


async def test_closing_the_clause_hangs_up_at_once() -> None:
    hung_up = asyncio.Event()
    async with talking(stalling(raw(SPEECH), hung_up=hung_up)) as (engine, _):
        await hangs_up_at_once(engine, hung_up)


@pytest.mark.parametrize("create", [create_speech, create_recognizer])
def test_a_key_is_needed(create: Any) -> None:
    with pytest.raises(EngineUnavailable, match="KAIKOU_STEPFUN_API_KEY"):
        create({})


async def understood(*answers: Answer, language: str = "zh") -> tuple[Recognition, SpeechServer]:
    async with running(*answers) as server:
        engine = create_recognizer({"base_url": server.base_url, "api_key": KEY, "timeout_s": ENOUGH_S})
        utterance = engine.open(language)
        await utterance.accept(UTTERANCE)
        try:
            return await utterance.settle(0.5), server
        finally:
            utterance.close()
            await engine.aclose()


async def test_an_utterance_is_recognised() -> None:
    recognition, server = await understood(events(DELTA, DONE))

    assert recognition == Recognition("你好，世界。")
    asked = server.asked[0]
    assert (asked.path, asked.headers["accept"]) == ("/v1/audio/asr/sse", "text/event-stream")
    sent = asked.body["audio"]
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(sent["data"]), "<i2"), UTTERANCE)
    assert sent["input"] == {
        "transcription": {"model": "stepaudio-2.5-asr", "enable_itn": True, "language": "zh"},
        "format": {"type": "pcm", "codec": "pcm_s16le", "rate": 16_000, "bits": 16, "channel": 1},
    }


@pytest.mark.parametrize(
    ("answer", "requests", "kind", "says"),
    [
        (refusing(401, SECRETIVE), 1, EngineKeyRefused, "key was refused"),
        (events(DELTA, {"type": "error", "message": KEY}), 2, EngineError, "answered 502"),
        (events(DELTA), 1, EngineError, "cannot read"),
        (events([5]), 1, EngineError, "cannot read"),
        (sending(b"data: {oops\n\n", kind="text/event-stream"), 1, EngineError, "cannot read"),
    ],
)
async def test_a_recognition_that_fails_is_told_by_its_kind(
    answer: Answer, requests: int, kind: type[EngineError], says: str
) -> None:
    asked = 0

    async def counted(line: Any) -> None:
        nonlocal asked
        asked += 1
        await answer(line)

    with pytest.raises(kind, match=says) as raised:
        await understood(counted)

    assert asked == requests
    assert KEY not in "".join(format_exception(raised.value))
