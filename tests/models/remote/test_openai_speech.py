import asyncio
import logging
from contextlib import aclosing
from functools import partial
from pathlib import Path
from traceback import format_exception
from typing import Any

import numpy as np
import pytest

from models.remote.audio_stream import wav_of
from models.remote.openai_speech import create
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice
from pipeline.engines.workers import Workers
from pipeline.errors import EngineBusy, EngineError, EngineKeyRefused, EngineTimeout, EngineUnavailable, SettingError
from pipeline.text.styles import STYLES
from tests.models.network.certificates import certificate_for
from tests.models.remote_speech import ENOUGH_S, HELLO, KEY, SECRETIVE, hangs_up_at_once, heard, said, talking_by
from tests.models.speech_server import (
    Answer,
    breaking,
    endless_wav,
    pieces,
    raw,
    refusing,
    running,
    sending,
    stalling,
    tone,
    waiting,
)

SPEECH = tone(500)


talking = partial(talking_by, create)


async def test_audio_arrives_while_the_server_still_makes_it() -> None:
    gate = asyncio.Event()
    first, *rest = pieces(SPEECH)
    async with talking(waiting(gate, first, *rest)) as (engine, _), asyncio.timeout(ENOUGH_S):
        chunks = engine.speak(HELLO)
        begun = [await anext(chunks)]
        gate.set()
        begun += [chunk async for chunk in chunks]

    np.testing.assert_array_equal(np.concatenate([chunk.pcm for chunk in begun]), SPEECH)
    assert max(len(chunk.pcm) for chunk in begun) <= 0.08 * engine.info.rate


@pytest.mark.parametrize("size", [1, 3, 1000, 100_000])
async def test_samples_do_not_depend_on_how_the_network_cuts_them(size: int) -> None:
    sent = raw(tone(90))
    parts = [sent[at : at + size] for at in range(0, len(sent), size)]
    async with talking(sending(*parts)) as (engine, _):
        np.testing.assert_array_equal(await heard(engine), tone(90))


async def test_the_request_has_the_fields_of_the_api() -> None:
    request = SynthesisRequest("Good morning! 🎉", voice=VoiceChoice("male-2", speed=1.25, style="cheerful"))
    async with talking(sending(raw(SPEECH)), model="qwen-tts") as (engine, server):
        await said(engine, request)

    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/v1/audio/speech")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "qwen-tts",
        "input": "Good morning!",
        "voice": "fable",
        "response_format": "pcm",
        "speed": 1.25,
        "instructions": STYLES["cheerful"].instructions,
        "stream": True,
    }


@pytest.mark.parametrize("model", ["tts-1", "tts-1-hd", "kokoro"])
async def test_a_model_that_cannot_be_told_follows_a_style_by_its_pace(model: str) -> None:
    async with talking(sending(raw(SPEECH)), model=model) as (engine, server):
        await said(engine, SynthesisRequest("Slowly.", voice=VoiceChoice(style="tired")))

    body = server.asked[0].body
    assert "instructions" not in body
    assert body["speed"] == STYLES["tired"].speed


@pytest.mark.parametrize(
    ("voices", "wish", "voice"),
    [
        ((), "female", "nova"),
        ((), "male-low", "onyx"),
        ((), "cedar", "cedar"),
        ((), "openai/af_sky", "af_sky"),
        ((), "espeak/en-us-male-2", "fable"),
        (("af_heart", "male=am_adam"), "female-2", "af_heart"),
        (("af_heart", "male=am_adam"), "male", "am_adam"),
        (("af_heart", "male=am_adam"), "cedar", "am_adam"),
        (("af_heart", "male=am_adam"), "am_adam", "am_adam"),
    ],
)
async def test_a_voice_is_found_by_its_name_or_by_what_is_wished_for(
    voices: tuple[str, ...], wish: str, voice: str
) -> None:
    async with talking(sending(raw(SPEECH)), voices=voices) as (engine, server):
        await said(engine, SynthesisRequest("Hi.", voice=VoiceChoice(wish)))

    assert server.asked[0].body["voice"] == voice


def test_a_voice_for_a_wish_that_nobody_has_is_a_wrong_setting() -> None:
    with pytest.raises(SettingError, match="'lady'"):
        create({"base_url": "http://127.0.0.1:1/v1", "voices": ("lady=af_heart",)})


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("file", [wav_of, endless_wav])
async def test_a_wav_of_another_rate_sounds_the_same(rate: int, file: Any) -> None:
    sent = file(tone(400, rate), rate)
    async with talking(sending(sent[:30], sent[30:700], sent[700:], kind="audio/wav")) as (engine, _):
        pcm = await heard(engine)

    assert len(pcm) == pytest.approx(0.4 * 24_000, abs=100)
    spectrum = np.abs(np.fft.rfft(pcm.astype(float)))
    assert np.argmax(spectrum) * 24_000 / len(pcm) == pytest.approx(440, abs=3)


async def test_what_follows_the_samples_of_a_wav_is_not_heard() -> None:
    sent = wav_of(SPEECH, 24_000) + b"LIST\x10\x00\x00\x00INFOISFT" + b"\x7f" * 200
    async with talking(sending(sent, kind="audio/wav")) as (engine, _):
        np.testing.assert_array_equal(await heard(engine), SPEECH)


async def test_pcm_at_another_rate_is_resampled_by_what_its_type_says() -> None:
    async with talking(sending(raw(tone(400, 16_000)), kind="audio/L16;rate=16000;channels=1")) as (engine, _):
        assert len(await heard(engine)) == pytest.approx(0.4 * 24_000, abs=100)


async def test_a_server_of_another_rate_is_believed_if_the_setting_says_so() -> None:
    async with talking(sending(raw(tone(400, 44_100))), rate=44_100) as (engine, _):
        assert engine.info.rate == 44_100
        np.testing.assert_array_equal(await heard(engine), tone(400, 44_100))


async def test_a_clause_without_words_asks_nobody() -> None:
    async with talking(sending(raw(SPEECH))) as (engine, server):
        assert [await said(engine, SynthesisRequest(text)) for text in ("", "…", " 🎉 ")] == [[], [], []]

    assert server.asked == []


async def test_clauses_share_a_connection() -> None:
    async with talking(sending(raw(SPEECH))) as (engine, server):
        for _ in range(3):
            await said(engine)

    assert (len(server.asked), server.connections) == (3, 1)


async def test_closing_the_clause_hangs_up_at_once() -> None:
    hung_up = asyncio.Event()
    async with talking(stalling(raw(SPEECH), hung_up=hung_up)) as (engine, _):
        await hangs_up_at_once(engine, hung_up)


async def test_cancelling_whoever_waits_hangs_up_at_once() -> None:
    hung_up, begun = asyncio.Event(), asyncio.Event()

    async def answer(line: Any) -> None:
        begun.set()
        await stalling(hung_up=hung_up)(line)

    async with talking(answer) as (engine, _), asyncio.timeout(ENOUGH_S):
        listening = asyncio.create_task(said(engine))
        await begun.wait()
        listening.cancel()
        await asyncio.wait_for(hung_up.wait(), 0.1)
        await asyncio.wait([listening])


async def test_the_loop_runs_it_without_a_thread() -> None:
    workers = Workers(1)
    async with talking(sending(raw(SPEECH))) as (engine, _):
        workers.close()
        chunks = [chunk.pcm async for chunk in workers.iterate(partial(engine.speak, HELLO), timeout_s=ENOUGH_S)]

    np.testing.assert_array_equal(np.concatenate(chunks), SPEECH)


@pytest.mark.parametrize(
    "failing",
    [
        refusing(500, SECRETIVE),
        refusing(503, "<html>busy</html>"),
        refusing(429, SECRETIVE["error"]["message"], {"retry-after": "0"}),
        breaking(),
    ],
)
async def test_one_failure_before_any_audio_goes_unnoticed(failing: Answer) -> None:
    async with talking(failing, sending(raw(SPEECH))) as (engine, server):
        np.testing.assert_array_equal(await heard(engine), SPEECH)

    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "requests", "kind", "code", "says"),
    [
        (refusing(401, SECRETIVE), 1, EngineKeyRefused, "engine_key_refused", "KAIKOU_TTS_API_KEY"),
        (refusing(403, SECRETIVE), 1, EngineKeyRefused, "engine_key_refused", "key was refused"),
        (refusing(402, {"error": {"message": KEY}}), 1, EngineUnavailable, "insufficient_quota", "used up"),
        (
            refusing(404, {"error": {"message": KEY}}),
            1,
            EngineUnavailable,
            "engine_unavailable",
            "'nova' was not found",
        ),
        (refusing(429, {"error": {"message": KEY}}), 1, EngineBusy, "engine_busy", "pause"),
        (refusing(429, {}, {"retry-after": "30"}), 1, EngineBusy, "engine_busy", "pause"),
        (refusing(429, {}, {"retry-after": "0"}), 2, EngineBusy, "engine_busy", "pause"),
        (
            refusing(429, {"error": {"code": "insufficient_quota"}}, {"retry-after": "0"}),
            1,
            EngineBusy,
            "engine_busy",
            "quota",
        ),
        (refusing(400, {"error": {"code": KEY, "message": KEY}}), 1, EngineError, "engine_error", r"answered 400\."),
        (refusing(400, {"error": {"code": "bad_text"}}), 1, EngineError, "engine_error", r"400 \(bad_text\)"),
        (refusing(500, SECRETIVE | {"error": {"message": KEY}}), 2, EngineError, "engine_error", "answered 500"),
        (refusing(200, "<html>Sign in</html>"), 1, EngineError, "engine_error", "text/html"),
        (refusing(200, {"audio": KEY}), 1, EngineError, "engine_error", "application/json"),
        (sending(b"ID3", kind="audio/mpeg"), 1, EngineError, "engine_error", "audio/mpeg instead of PCM"),
        (sending(), 1, EngineError, "engine_error", "no audio"),
        (sending(b"RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00"), 1, EngineError, "engine_error", "cannot read"),
        (breaking(), 2, EngineUnavailable, "engine_unavailable", "KAIKOU_TTS_BASE_URL"),
    ],
)
async def test_a_failure_is_told_by_its_kind_and_without_secrets(
    answer: Answer, requests: int, kind: type[EngineError], code: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(answer) as (engine, server):
        with pytest.raises(EngineError, match=says) as raised:
            await said(engine)

    error = raised.value
    assert (type(error), error.code, error.engine, len(server.asked)) == (kind, code, engine.info.name, requests)
    assert KEY not in "".join(format_exception(error)) + caplog.text


async def test_what_breaks_after_audio_is_not_tried_again() -> None:
    async with talking(breaking(raw(SPEECH)), sending(raw(SPEECH))) as (engine, server):
        chunks = engine.speak(HELLO)
        assert len((await anext(chunks)).pcm)
        with pytest.raises(EngineError, match="broke"):
            [chunk async for chunk in chunks]

    assert len(server.asked) == 1


@pytest.mark.parametrize("parts", [(), (raw(SPEECH),)], ids=["before audio", "after audio"])
async def test_silence_is_a_timeout_within_the_bound(parts: tuple[bytes, ...]) -> None:
    async with talking(stalling(*parts), timeout_s=0.2) as (engine, server):
        with pytest.raises(EngineTimeout, match=r"nothing for 0\.2 s"):
            await said(engine)

    assert len(server.asked) == 1


async def test_where_nobody_listens_the_engine_is_unavailable() -> None:
    async with running(sending()) as server:
        pass
    engine = create({"base_url": server.base_url})
    with pytest.raises(EngineUnavailable, match="cannot be reached") as raised:
        await said(engine)
    await engine.aclose()

    assert str(server.port) not in raised.value.message


async def test_a_certificate_that_is_not_trusted_is_told_of(tmp_path: Path) -> None:
    serving = certificate_for("localhost", tmp_path).serving
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=serving)
    async with (
        server,
        aclosing(create({"base_url": f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"})) as engine,
    ):
        with pytest.raises(EngineUnavailable) as raised:
            await said(engine)

    assert raised.value.code == "untrusted_certificate"


@pytest.mark.parametrize("url", ["http://[", "localhost:8880"])
async def test_an_address_that_is_none_is_told(url: str) -> None:
    async def speak() -> None:
        async with aclosing(create({"base_url": url})) as engine:
            await said(engine)

    with pytest.raises(EngineUnavailable, match="KAIKOU_TTS_BASE_URL"):
        await speak()


async def test_nothing_is_asked_of_a_closed_engine() -> None:
    async with talking(sending(raw(SPEECH))) as (engine, server):
        engine.close()
        with pytest.raises(EngineUnavailable, match="closed"):
            await said(engine)

    assert server.asked == []


def test_openai_itself_needs_a_key() -> None:
    with pytest.raises(EngineUnavailable, match="KAIKOU_TTS_API_KEY"):
        create({})


async def test_openai_itself_gets_no_fields_of_others() -> None:
    engine = create({"api_key": KEY})
    body = engine._provider.body("gpt-4o-mini-tts", SynthesisRequest("Hi.", voice=VoiceChoice(style="sad")))
    await engine.aclose()

    assert body == {"instructions": STYLES["sad"].instructions}
    assert [voice.label for voice in engine.info.voices] == [
        "marin",
        "sage",
        "shimmer",
        "cedar",
        "ballad",
        "onyx",
        "alloy",
    ]
