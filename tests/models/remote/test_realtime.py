"""The client of the realtime API against a scripted server: both dialects, acknowledgements, failures, lost connections."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from traceback import format_exception
from typing import Any

import numpy as np
import pytest

from models.remote.realtime import create
from models.remote.realtime_connection import RealtimeLink
from models.remote.realtime_dialect import voice_for, voices_of
from pipeline.audio.samples import LINE_RATE
from pipeline.engines.protocols import Message, Tool, ToolCall, Usage, VoiceChoice
from pipeline.engines.speech_model import (
    AudioDelta,
    FunctionCallDone,
    MessageDone,
    SpeechEvent,
    SpeechModelConfig,
    SpeechModelRequest,
    TranscriptDelta,
)
from pipeline.errors import EngineBusy, EngineError, EngineKeyRefused, EngineUnavailable, SettingError
from tests.models.realtime_server import BETA_SESSION, GA_SESSION, Event, Upstream, upstream

KEY = "sk-very-secret-1234567890"
WEATHER = Tool("weather", "Tells it.", {"type": "object", "properties": {"city": {"type": "string"}}})
PLAIN = SpeechModelRequest()
DISCARD = 9
"""A port on which nobody listens."""

CONFIG = SpeechModelConfig("Be kind.", VoiceChoice("female"), "en", (WEATHER,))


@asynccontextmanager
async def linked(session: Event = GA_SESSION, **settings: Any) -> AsyncIterator[tuple[RealtimeLink, Upstream]]:
    async with upstream(session) as server:
        model = create({"url": server.url, "api_key": KEY, "model": "m", **settings})
        link = await model.open()
        reading = asyncio.create_task(link.run())
        try:
            yield link, server
        finally:
            await link.aclose()
            await reading


async def answer(link: RealtimeLink, request: SpeechModelRequest = PLAIN) -> list[SpeechEvent]:
    return [event async for events in link.respond(request) for event in events]


# --- Setting up ------------------------------------------------------------------------------------------------------


async def test_the_session_is_set_up_in_the_present_shape_and_turns_stay_ours() -> None:
    async with linked(voices=("female=marin",)) as (link, server):
        await link.configure(CONFIG)

        session = (await server.until("session.update"))["session"]
        assert session["audio"]["input"]["turn_detection"] is None
        assert session["audio"]["input"]["transcription"] == {"model": "gpt-4o-mini-transcribe", "language": "en"}
        assert session["audio"]["output"]["voice"] == "marin"
        assert (session["type"], session["instructions"]) == ("realtime", "Be kind.")
        assert session["tools"][0]["name"] == "weather"
        assert server.connections[0].path == "/v1/realtime?model=m"
        assert server.connections[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_a_server_of_the_beta_shape_is_spoken_to_and_understood_in_it() -> None:
    async def beta(server: Upstream, _event: Event) -> None:
        await server.answer("resp_1", prefix="response.")

    async with linked(BETA_SESSION, voices=("female=qingchunshaonv",)) as (link, server):
        server.rules["response.create"] = beta
        await link.configure(CONFIG)
        said = await answer(link)

        session = (await server.until("session.update"))["session"]
        assert (session["voice"], session["input_audio_format"]) == ("qingchunshaonv", "pcm16")
        assert session["turn_detection"] is None
        assert not {"audio", "type", "output_modalities"} & set(session)
        assert "".join(event.text for event in said if isinstance(event, TranscriptDelta)) == "Two small words. "
        assert any(isinstance(event, AudioDelta) for event in said)


async def test_a_voice_the_server_does_not_know_is_left_to_it() -> None:
    async def choosy(server: Upstream, event: Event) -> None:
        if "voice" in event["session"]["audio"]["output"]:
            error = {"code": "invalid_value", "param": "session.audio.output.voice", "event_id": event["event_id"]}
            await server.say("error", error=error)
        else:
            await server.say("session.updated", session=GA_SESSION)

    async with linked() as (link, server):
        server.rules["session.update"] = choosy
        await link.configure(CONFIG)

        assert len(server.of("session.update")) == 2
        assert link.alive


@pytest.mark.parametrize(
    ("url", "path"),
    [("http://{}", "/v1/realtime"), ("ws://{}/v1", "/v1/realtime"), ("ws://{}/v1/realtime?model=x", "/v1/realtime")],
)
async def test_addresses_are_completed(url: str, path: str) -> None:
    async with upstream() as server:
        place = server.url.split("/")[2]
        link = await create({"url": url.format(place), "model": "m"}).open()
        await link.aclose()

        assert server.connections[0].path == path + "?model=m"


@pytest.mark.parametrize(
    "settings", [{"url": "ftp://x"}, {"url": "nonsense"}, {"url": "wss://host:port"}, {"voices": ("male=",)}]
)
def test_what_makes_no_sense_is_refused_at_once(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        create(settings)


@pytest.mark.parametrize(
    ("wish", "host", "named", "voice"),
    [
        ("male-low", "api.openai.com", (), "cedar"),
        ("female-2", "api.stepfun.com", (), "qingchunshaonv"),
        ("male-low", "127.0.0.1", (), "male-low"),
        ("male-2", "api.openai.com", ("male=echo", "sage"), "echo"),
        ("female", "api.openai.com", ("male=echo", "sage"), "sage"),
        ("alloy", "api.openai.com", (), "alloy"),
    ],
)
def test_a_characters_wish_becomes_a_voice_of_the_server(wish: str, host: str, named: Any, voice: str) -> None:
    assert voice_for(wish, voices_of(host, named)) == voice


# --- Hearing ---------------------------------------------------------------------------------------------------------


async def test_a_turn_arrives_at_24_khz_and_its_words_come_back() -> None:
    async with linked() as (link, server):
        pcm = (9_000 * np.sin(np.arange(LINE_RATE) / 9)).astype(np.int16)
        await link.send_audio(pcm)
        item = await link.commit()
        sent = base64.b64decode(server.of("input_audio_buffer.append")[0]["audio"])

        assert abs(len(sent) / 2 - 24_000) < 100
        assert await link.heard(item, lambda _text: None) == "What was said."
        assert not link.uncommitted


async def test_words_are_told_as_they_come() -> None:
    kind = "conversation.item.input_audio_transcription."

    async def slowly(server: Upstream, _event: Event) -> None:
        await server.say("input_audio_buffer.committed", item_id="i")
        await server.say(kind + "delta", item_id="i", delta="What")
        await server.say(kind + "delta", item_id="i", delta=" now")
        await server.say(kind + "completed", item_id="i", transcript="What now?")

    partials: list[str] = []
    async with linked() as (link, server):
        server.rules["input_audio_buffer.commit"] = slowly
        await link.send_audio(np.zeros(3_000, np.int16))
        words = await link.heard(await link.commit(), partials.append)

    assert words == "What now?"
    assert partials[-1] == "What now"


async def test_a_refused_turn_is_an_error_of_that_turn() -> None:
    async def refuse(server: Upstream, event: Event) -> None:
        await server.say("error", error={"code": "input_audio_buffer_commit_empty", "event_id": event["event_id"]})

    async with linked() as (link, server):
        server.rules["input_audio_buffer.commit"] = refuse
        with pytest.raises(EngineError, match="input_audio_buffer_commit_empty"):
            await link.commit()
        assert link.alive


# --- Answers ---------------------------------------------------------------------------------------------------------


async def test_an_answer_is_text_audio_its_end_and_its_cost() -> None:
    async with linked() as (link, _):
        events = await answer(link)

        assert [type(event) for event in events] == [
            TranscriptDelta,
            TranscriptDelta,
            TranscriptDelta,
            AudioDelta,
            MessageDone,
            Usage,
        ]
        assert events[-1] == Usage(3, 4)


async def test_calls_pass_through_and_their_outputs_go_up() -> None:
    async def call(server: Upstream, _event: Event) -> None:
        item = {"id": "i", "type": "function_call", "call_id": "c", "name": "weather", "arguments": '{"city":"Rome"}'}
        await server.say("response.created", response={"id": "r"})
        await server.say("response.output_item.done", response_id="r", item=item)
        await server.say("response.done", response={"id": "r", "status": "completed"})

    async with linked() as (link, server):
        server.rules["response.create"] = call
        request = SpeechModelRequest(instructions="Now.", tools=(WEATHER,), tool_choice="weather", max_tokens=9)
        assert await answer(link, request) == [
            FunctionCallDone("i", ToolCall("c", "weather", '{"city":"Rome"}')),
            Usage(),
        ]
        await link.add("out", Message("tool", "Sunny.", call_id="c"), None)

        asked = server.of("response.create")[0]["response"]
        assert (asked["instructions"], asked["max_output_tokens"]) == ("Now.", 9)
        assert asked["tool_choice"] == {"type": "function", "name": "weather"}
        output = (await server.until("conversation.item.create"))["item"]
        assert output == {"id": "out", "type": "function_call_output", "call_id": "c", "output": "Sunny."}


@pytest.mark.parametrize(
    ("done", "kind", "code"),
    [
        ({"status": "failed", "status_details": {"error": {"code": "insufficient_quota"}}}, EngineBusy, "engine_busy"),
        ({"status": "failed", "status_details": {"error": {"code": KEY}}}, EngineError, "engine_error"),
        ({"status": "failed"}, EngineError, "engine_error"),
        ({"status": "cancelled"}, EngineError, "engine_error"),
    ],
)
async def test_a_failed_answer_raises_without_the_servers_words(done: Event, kind: type, code: str) -> None:
    async def fail(server: Upstream, _event: Event) -> None:
        await server.say("response.created", response={"id": "r"})
        await server.say("response.done", response={"id": "r", **done})

    async with linked() as (link, server):
        server.rules["response.create"] = fail
        with pytest.raises(kind) as caught:
            await answer(link)
        assert caught.value.code == code
        assert KEY not in str(caught.value)


async def test_an_error_about_the_request_is_the_answers_and_one_about_a_late_deletion_nobodys() -> None:
    async def refuse(server: Upstream, event: Event) -> None:
        await server.say("error", error={"code": "rate_limit_exceeded", "event_id": event["event_id"]})

    async def unknown(server: Upstream, event: Event) -> None:
        error = {"code": "item_delete_invalid_item_id", "event_id": event["event_id"]}
        await server.say("error", error=error)

    async with linked() as (link, server):
        server.rules["conversation.item.delete"] = unknown
        await link.remove("gone")
        assert len(await answer(link)) == 6
        server.rules["response.create"] = refuse
        with pytest.raises(EngineBusy):
            await answer(link)


async def test_closing_an_answer_cancels_it_and_the_next_waits_for_its_end() -> None:
    async def endless(server: Upstream, _event: Event) -> None:
        await server.answer("long", end=False)

    async with linked() as (link, server):
        server.rules["response.create"] = endless
        async with aclosing(link.respond(SpeechModelRequest())) as events:
            await anext(events)
        del server.rules["response.create"]

        assert (await server.until("response.cancel"))["response_id"] == "long"
        assert len(await answer(link)) == 6
        types = [event["type"] for event in server.received]
        assert types == ["response.create", "response.cancel", "response.create"]


async def test_an_answer_given_up_before_it_began_is_cancelled_when_it_begins() -> None:
    begin = asyncio.Event()

    async def late(server: Upstream, _event: Event) -> None:
        await begin.wait()
        await server.answer("late", end=False)

    async with linked() as (link, server):
        server.rules["response.create"] = late
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await answer(link)
        begin.set()

        assert (await server.until("response.cancel"))["response_id"] == "late"


async def test_an_answer_nobody_asked_for_is_cancelled() -> None:
    async with linked() as (link, server):
        await link.configure(CONFIG)
        await server.answer("unasked", end=False)

        assert (await server.until("response.cancel"))["response_id"] == "unasked"


# --- When things break -----------------------------------------------------------------------------------------------


async def test_a_refused_key_is_told_without_itself() -> None:
    async with upstream(status=401) as server:
        with pytest.raises(EngineKeyRefused) as caught:
            await create({"url": server.url, "api_key": KEY}).open()

    assert KEY not in "".join(format_exception(caught.value))


async def test_a_server_that_cannot_be_used_is_told() -> None:
    async with upstream(status=500) as server:
        with pytest.raises(EngineUnavailable, match="answered 500"):
            await create({"url": server.url}).open()
    with pytest.raises(EngineUnavailable, match="cannot be reached"):
        await create({"url": f"ws://127.0.0.1:{DISCARD}/v1/realtime"}).open()


async def test_what_is_no_realtime_api_is_called_so() -> None:
    async with upstream() as server:
        server.session = {}
        server.say = lambda _type, **_fields: server.send_raw('["hello"]')  # type: ignore[method-assign]
        with pytest.raises(EngineUnavailable, match="no realtime API"):
            await create({"url": server.url}).open()


async def test_a_lost_connection_ends_everything_that_waits() -> None:
    async def hang(_server: Upstream, _event: Event) -> None:
        return

    async with linked() as (link, server):
        for kind in ("response.create", "input_audio_buffer.commit"):
            server.rules[kind] = hang
        waiting = [
            asyncio.create_task(answer(link)),
            asyncio.create_task(link.commit()),
            asyncio.create_task(link.heard("i", lambda _text: None)),
        ]
        await server.until("response.create")
        await server.until("input_audio_buffer.commit")
        await server.drop()
        async with asyncio.timeout(5):
            ended = await asyncio.gather(*waiting, return_exceptions=True)

        assert all(isinstance(error, EngineError) and "broke" in error.message for error in ended)
        assert not link.alive
        with pytest.raises(EngineError):
            await link.clear()


async def test_a_connection_without_use_is_closed() -> None:
    async with upstream() as server:
        link = await create({"url": server.url, "idle_s": 0.05}).open()
        async with asyncio.timeout(5):
            await link.run()

        assert not link.alive
        await link.aclose()


async def test_nonsense_is_passed_over() -> None:
    nonsense = ["{", "[]", "{}", '{"type": 3}', '{"type": "response.done"}', '{"type": "error", "error": "no"}']
    strange = ['{"type":"response.created","response":{}}', '{"type":"response.output_audio.delta","response_id":"r"}']
    async with linked() as (link, server):
        for text in nonsense + strange:
            await server.send_raw(text)

        assert len(await answer(link)) == 6
