"""Speech to speech: a second Kaikou hears, thinks and speaks behind the same character, wire and transcript."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from models.stub import COUNT, HEARD, REPLY
from pipeline.audio.samples import samples_of
from pipeline.session import Session
from tests.models.realtime_server import Event, Upstream, upstream
from tests.server.talking import RATE, Talk, talking
from tests.serving import AHEAD_S, PACED_S, Serving, serving
from tests.speech import sentence, silence

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-planted-0123456789"
VAD = {"input": {"transcription": {"model": "any"}, "turn_detection": {"type": "server_vad"}}}
MANUAL: dict[str, Any] = {"input": {"transcription": {"model": "any"}, "turn_detection": None}}
WEATHER = {"type": "function", "name": "weather", "parameters": {"properties": {"city": {"type": "string"}}}}
TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


@asynccontextmanager
async def behind(url: str, model: str = "philosopher", **settings: Any) -> AsyncIterator[Serving]:
    """A server whose characters speak through the realtime model at `url`."""
    environment = {"KAIKOU_SPEECH_MODEL_API_KEY": KEY}
    async with serving(environment, speech_model_url=url, speech_model=model, **settings) as server:
        yield server


@asynccontextmanager
async def two(lead_s: float = AHEAD_S, **settings: Any) -> AsyncIterator[tuple[Serving, Serving]]:
    """A server and, behind it, another one; both send audio `lead_s` ahead of what is heard."""
    async with serving(lead_s=lead_s) as far, behind(f"{far.ws}/v1", lead_s=lead_s, **settings) as near:
        yield near, far


def far_session(far: Serving) -> Session:
    """The one conversation of the server behind."""
    (live,) = far.app.state.realtime.live.values()
    return live.connection.session  # type: ignore[no-any-return]


def audio_ms(talk: Talk, item_id: str) -> float:
    deltas = [event for event in talk.events if event["type"] == "response.output_audio.delta"]
    return sum(len(base64.b64decode(e["delta"])) / 48 for e in deltas if e["item_id"] == item_id)


async def until_sent(talk: Talk, item_id: str, milliseconds: int) -> None:
    while audio_ms(talk, item_id) < milliseconds:
        await talk.until("response.output_audio.delta", len(talk.events))


def assert_well_formed(talk: Talk) -> None:
    """One `response.done` for each `response.created`, nothing of a response after its end, no error."""
    ended: list[str] = []
    for event in talk.events:
        id = event.get("response_id") or (event.get("response") or {}).get("id")
        assert id not in ended, event["type"]
        if event["type"] == "response.done":
            ended.append(id)
    assert len(ended) == talk.types.count("response.created")
    assert "error" not in talk.types


async def test_a_spoken_and_a_typed_turn_are_heard_and_answered_over_the_same_wire() -> None:
    async with two() as (near, _far), talking(near) as talk:
        await talk.configure(audio=VAD)
        await talk.say_something()
        heard = await talk.until(TRANSCRIBED)
        spoken = (await talk.until("response.done"))["response"]
        await talk.write("Hello")
        typed = await talk.ask()

        assert heard["transcript"] == HEARD
        for response in (spoken, typed):
            (item,) = response["output"]
            assert (response["status"], item["content"][0]["transcript"]) == ("completed", REPLY)
            assert 4_500 < audio_ms(talk, item["id"]) < 6_000
        order = ["speech_started", "speech_stopped", "committed"]
        first = [talk.types.index(f"input_audio_buffer.{name}") for name in order]
        assert [*first, talk.types.index("response.created")] == sorted([*first, talk.types.index("response.created")])
        assert_well_formed(talk)


async def test_audio_inside_an_item_is_passed_on_behind_what_is_written_beside_it() -> None:
    async with two() as (near, far), talking(near) as talk:
        await talk.configure(audio=VAD)
        sound = base64.b64encode(sentence(RATE).tobytes()).decode()
        content = [{"type": "input_text", "text": "Hear this."}, {"type": "input_audio", "audio": sound}]
        item = {"type": "message", "role": "user", "content": content}
        await talk.connection.conversation.item.create(item=item)  # type: ignore[arg-type]
        response = await talk.ask()
        heard = await talk.until(TRANSCRIBED)
        await talk.ask()
        there = [(item.role, item.text, item.spoken) for item in far_session(far).transcript]

        assert response["output"][0]["content"][0]["transcript"] == REPLY
        assert (heard["content_index"], heard["transcript"]) == (1, HEARD)
        said = [("user", "Hear this.", False), ("user", HEARD, True), ("assistant", REPLY, True)]
        assert there == [*said, ("assistant", REPLY, True)]
        assert_well_formed(talk)


async def test_words_are_timed_and_join_to_the_transcript() -> None:
    async with two() as (near, _far), talking(near, extensions="kaikou") as talk:
        await talk.write("Hello")
        item_id = (await talk.ask())["output"][0]["id"]
        words = [word for event in talk.events if event["type"] == "kaikou.words" for word in event["words"]]

        assert "".join(word["text"] for word in words) == REPLY
        assert [word["start_ms"] for word in words] == sorted(word["start_ms"] for word in words)
        assert abs(words[-1]["end_ms"] - audio_ms(talk, item_id)) < 50
        assert "first_audio" in (await talk.until("kaikou.timing"))["marks"]


async def test_the_model_is_the_character_with_its_tools_and_finds_no_turns_itself() -> None:
    async with two() as (near, far), talking(near, model="detective") as talk:
        await talk.configure(audio=VAD, tools=[WEATHER], max_output_tokens=77)
        await talk.write("Hello")
        await talk.ask(max_output_tokens=3)
        config, session = far_session(far).config, (await talk.until("session.created"))["session"]

        assert config.instructions == session["instructions"]
        assert (config.voice.name, config.max_tokens, config.endpointing) == ("male", 77, None)
        assert [tool.name for tool in config.tools] == ["weather"]
        done = (await talk.until("response.done"))["response"]
        assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
        await talk.configure(instructions="Be brief.")
        await talk.ask(output_modalities=["text"])
        assert far_session(far).config.instructions == "Be brief."


async def test_speaking_over_the_reply_cuts_it_here_and_in_the_models_memory() -> None:
    async with two(PACED_S) as (near, far), talking(near) as talk:
        await talk.configure(audio=VAD)
        await talk.write("Please count to one hundred.")
        await talk.connection.response.create()
        first = await talk.until("response.output_audio.delta")
        await until_sent(talk, first["item_id"], 3_000)  # of which a third was heard: audio is sent two seconds ahead
        await talk.say_something()
        cut = (await talk.until("response.done"))["response"]
        await talk.connection.conversation.item.truncate(item_id=first["item_id"], content_index=0, audio_end_ms=700)
        await talk.until("response.done", where=lambda event: event["response"]["id"] != cut["id"])
        await talk.connection.conversation.item.retrieve(item_id=first["item_id"])
        here = (await talk.until("conversation.item.retrieved"))["item"]["content"][0]["transcript"]
        there = [item for item in far_session(far).transcript if item.role == "assistant"]

        assert (cut["status"], cut["status_details"]["reason"]) == ("cancelled", "turn_detected")
        assert 0 < len(here) < 60
        assert COUNT.startswith(here)
        assert COUNT.startswith(there[0].text)
        assert 0 < len(there[0].text) < 60
        assert there[1].text == REPLY
        assert_well_formed(talk)


async def test_a_short_sound_over_the_reply_only_pauses_it_and_a_long_voice_interrupts() -> None:
    async with two(PACED_S) as (near, _far), talking(near, extensions="kaikou") as talk:
        await talk.configure(audio=VAD, kaikou={"barge_in": "confirmed"})
        await talk.write("Please count to one hundred.")
        await talk.connection.response.create()
        item_id = (await talk.until("response.output_audio.delta"))["item_id"]
        await until_sent(talk, item_id, 2_000)
        report = {"type": "kaikou.playback", "item_id": item_id, "played_ms": 500, "playing": True}
        await talk.connection.send(report)  # type: ignore[arg-type]
        await talk.hear(np.concatenate((sentence(RATE)[: samples_of(500, RATE)], silence(1.0, RATE))))
        await talk.until("kaikou.playback.resume")
        assert "response.done" not in talk.types
        await talk.say_something()
        cut = (await talk.until("response.done"))["response"]
        answered = await talk.until("response.done", where=lambda event: event["response"]["id"] != cut["id"])

        assert cut["status_details"]["reason"] == "turn_detected"
        assert answered["response"]["status"] == "completed"


async def test_a_call_goes_to_our_client_and_its_output_to_the_model() -> None:
    async with two() as (near, far), talking(near) as talk:
        await talk.configure(tools=[WEATHER])
        await talk.write("What is the weather?")
        (call,) = (await talk.ask())["output"]
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Sunny, 21 degrees"}
        await talk.connection.conversation.item.create(item=output)  # type: ignore[arg-type]
        answer = (await talk.ask())["output"][0]["content"][0]["transcript"]

        assert (call["type"], call["name"], call["arguments"]) == ("function_call", "weather", '{"city": "Paris"}')
        assert answer == "The tool said Sunny, 21 degrees."
        kinds = [item.type for item in far_session(far).transcript]
        assert kinds == ["message", "function_call", "function_call_output", "message"]


async def test_text_only_and_out_of_band_answers_work() -> None:
    async with two() as (near, far), talking(near) as talk:
        await talk.write("Hello")
        written = await talk.ask(output_modalities=["text"])
        before = len(far_session(far).transcript)
        asked = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Count."}]}]
        beside = await talk.ask(conversation="none", input=asked, output_modalities=["text"], metadata={"a": "b"})

        assert written["output"][0]["content"] == [{"type": "output_text", "text": REPLY}]
        assert beside["output"][0]["content"][0]["text"] == COUNT
        assert (beside["conversation_id"], beside["metadata"]) == (None, {"a": "b"})
        assert len(far_session(far).transcript) == before


async def test_a_client_that_finds_turns_itself_is_heard_too() -> None:
    async with two() as (near, far), talking(near) as talk:
        await talk.configure(audio=MANUAL)
        await talk.hear(sentence(RATE)[: samples_of(1_000, RATE)])
        await talk.connection.input_audio_buffer.commit()
        await talk.until(TRANSCRIBED)
        assert "response.created" not in talk.types

        assert (await talk.ask())["status"] == "completed"
        assert [item.spoken for item in far_session(far).transcript] == [True, True]


async def test_what_is_deleted_here_is_deleted_there() -> None:
    async with two() as (near, far), talking(near) as talk:
        item = (await talk.write("Forget this."))["item"]["id"]
        await talk.ask(output_modalities=["text"])
        await talk.connection.conversation.item.delete(item_id=item)
        await talk.write("And now?")
        await talk.ask(output_modalities=["text"])

        assert [item.text for item in far_session(far).transcript] == [REPLY, "And now?", REPLY]


async def test_the_greeting_is_the_models_to_say() -> None:
    async with two() as (near, _far), talking(near, extensions="kaikou") as talk:
        await talk.connection.send({"type": "kaikou.greet"})  # type: ignore[arg-type]
        assert (await talk.until("response.done"))["response"]["status"] == "completed"


# --- Who uses it ----------------------------------------------------------------------------------------------------------


async def test_a_character_may_choose_its_engines(tmp_path: Path) -> None:
    text = (ROOT / "personas" / "detective.toml").read_text("utf-8")
    (tmp_path / "assistant.toml").write_text((ROOT / "personas" / "assistant.toml").read_text("utf-8"))
    (tmp_path / "detective.toml").write_text(text.replace('id = "detective"', 'id = "detective"\nengine = "separate"'))
    async with two(personas=tmp_path) as (near, far), talking(near, model="detective") as talk:
        await talk.write("Hello")
        assert (await talk.ask())["status"] == "completed"
        assert not far.app.state.realtime.live
        await talk.configure(kaikou={"character": "assistant"})
        await talk.write("And you?")
        await talk.ask()

        said = [item.text for item in far_session(far).transcript]
        assert said == ["Hello", REPLY, "And you?", REPLY]


async def test_the_server_says_what_speaks_and_never_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    async with two() as (near, far), httpx2.AsyncClient(base_url=near.http) as client:
        pages = [(await client.get(path)).text for path in ("/health", "/metrics", "/api/status", "/api/characters")]

        assert f"philosopher at 127.0.0.1:{far.http.rpartition(':')[2]}" in pages[0]
        assert "connect_language_model" not in pages[2]
        assert KEY not in "".join(pages) + "".join(capsys.readouterr())


# --- Connections ----------------------------------------------------------------------------------------------------------


async def test_the_connection_is_opened_when_it_is_first_needed_and_closed_with_the_session() -> None:
    async with two() as (near, far):
        async with talking(near) as talk:
            await talk.configure(audio=VAD)
            await talk.hear(silence(1.0, RATE))
            assert not far.app.state.realtime.live
            await talk.hear(sentence(RATE))
            await talk.until("input_audio_buffer.speech_started")
            async with asyncio.timeout(5):
                while not far.app.state.realtime.live:
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            while far.app.state.realtime.live:
                await asyncio.sleep(0.01)


async def test_a_connection_that_ended_at_rest_is_renewed_without_anybody_noticing() -> None:
    async with two() as (near, far), talking(near) as talk:
        await talk.write("Hello")
        await talk.ask(output_modalities=["text"])
        (live,) = far.app.state.realtime.live.values()
        live.end(1001, "your session has reached its longest duration")
        while far.app.state.realtime.live:
            await asyncio.sleep(0.01)
        await talk.write("Still there?")
        assert (await talk.ask(output_modalities=["text"]))["status"] == "completed"

        assert [item.text for item in far_session(far).transcript] == ["Hello", REPLY, "Still there?", REPLY]
        assert_well_formed(talk)


async def test_a_server_that_dies_in_mid_reply_fails_the_reply_and_back_again_knows_the_conversation() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with behind(f"ws://127.0.0.1:{port}/v1") as near, talking(near) as talk:
        async with kaikou(port) as far:
            await talk.write("Please count to one hundred.")
            await talk.connection.response.create()
            await talk.until("response.output_audio.delta")
            far.kill()
            failed = (await talk.until("response.done"))["response"]
        await talk.write("Are you there?")
        refused = await talk.ask()
        async with kaikou(port):
            await talk.write("And now? Please count.")
            answered = await until_completed(talk)

        assert (failed["status"], failed["status_details"]["error"]["code"]) == ("failed", "engine_error")
        assert (refused["status"], refused["status_details"]["error"]["code"]) == ("failed", "engine_unavailable")
        assert answered["output"][0]["content"][0]["text"] == COUNT
        assert_well_formed(talk)


async def test_after_a_loss_in_mid_reply_the_next_connection_is_told_all_that_was_said() -> None:
    async def half(server: Upstream, _event: Event) -> None:
        await server.answer("half", end=False)
        await server.until("response.create")
        await server.drop()

    async with upstream() as far, behind(far.url) as near, talking(near) as talk:
        far.rules["response.create"] = half
        await talk.configure(audio=VAD)
        await talk.say_something()
        failed = (await talk.until("response.done"))["response"]
        await talk.until(TRANSCRIBED)
        del far.rules["response.create"]
        since = len(far.received)
        await talk.write("Go on.")
        answered = await talk.ask()

        assert (failed["status"], answered["status"]) == ("failed", "completed")
        again = far.received[since:]
        assert again[0]["type"] == "session.update"
        told = [event["item"] for event in again if event["type"] == "conversation.item.create"]
        said = [(item["role"], item["content"][0]["text"]) for item in told]
        assert [said[0], said[2]] == [("user", "What was said."), ("user", "Go on.")]
        role, text = said[1]  # what was heard of the answer, and the apology for the rest
        assert role == "assistant"
        assert text.startswith("Two small words. ")
        assert [event["type"] for event in again].count("response.create") == 1
        assert_well_formed(talk)


@pytest.mark.parametrize("begins", [False, True])
async def test_a_speech_model_that_falls_silent_has_failed_after_the_bound_of_all_models(begins: bool) -> None:
    async def fall_silent(server: Upstream, _event: Event) -> None:
        if begins:
            await server.answer("half", end=False)

    async with upstream() as far, behind(far.url, first_token_s=0.3) as near, talking(near) as talk:
        far.rules["response.create"] = fall_silent
        await talk.write("Hello")
        done = await talk.ask()

        assert (done["status"], done["status_details"]["error"]["code"]) == ("failed", "engine_timeout")
        assert done["status_details"]["error"]["message"] == "realtime stalled for 0.3 s."


async def test_a_loss_before_the_reply_began_costs_nothing_since_the_turn_is_said_again() -> None:
    async def vanish(server: Upstream, _event: Event) -> None:
        del server.rules["response.create"]
        await server.drop()

    async with upstream() as far, behind(far.url) as near, talking(near) as talk:
        far.rules["response.create"] = vanish
        await talk.configure(audio=VAD)
        await talk.say_something()
        done = (await talk.until("response.done"))["response"]

        assert done["status"] == "completed"
        assert len(far.connections) == 2
        assert len(far.of("input_audio_buffer.commit")) == 2
        assert_well_formed(talk)


async def test_a_loss_while_the_person_speaks_costs_nothing_either() -> None:
    async with upstream() as far, behind(far.url) as near, talking(near) as talk:
        await talk.configure(audio=VAD)
        speech = sentence(RATE)
        await talk.hear(speech[: len(speech) // 2])
        await far.until("input_audio_buffer.append", 3)
        await far.drop()
        before = len(far.received)
        await talk.hear(np.concatenate((speech[len(speech) // 2 :], silence(1.0, RATE))))
        done = (await talk.until("response.done"))["response"]

        assert done["status"] == "completed"
        again = [event["audio"] for event in far.received[before:] if event["type"] == "input_audio_buffer.append"]
        assert sum(len(base64.b64decode(audio)) for audio in again) > 2 * len(speech)
        assert_well_formed(talk)


async def test_another_voice_takes_a_new_connection_that_knows_the_conversation() -> None:
    async with upstream() as far, behind(far.url) as near, talking(near) as talk:
        await talk.write("Hello")
        await talk.ask()
        since = len(far.received)
        await talk.configure(audio={"output": {"voice": "female-2"}})
        await talk.write("And now?")
        assert (await talk.ask())["status"] == "completed"

        types = [event["type"] for event in far.received[since:]]
        assert types == ["session.update", *["conversation.item.create"] * 3, "response.create"]
        assert far.received[since]["session"]["audio"]["output"]["voice"] == "female-2"


async def test_without_a_server_every_turn_says_so_and_the_conversation_lives_on() -> None:
    async with behind("ws://127.0.0.1:9/v1") as near, talking(near) as talk:
        await talk.configure(audio=VAD)
        await talk.say_something()
        failed = (await talk.until("response.done"))["response"]
        await talk.write("Hello?")
        again = await talk.ask()

        for response in (failed, again):
            error = response["status_details"]["error"]
            assert error["code"] == "engine_unavailable"
            assert error["message"].endswith("The speech model's server cannot be reached.")
        assert_well_formed(talk)


async def test_a_wrong_key_is_told_at_once_presented_once_and_shown_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    async with upstream(status=401) as far, behind(far.url) as near:
        for _ in range(2):
            async with talking(near) as talk:
                await talk.write("Hello")
                for _ in range(2):
                    error = (await talk.ask())["status_details"]["error"]
                    assert error["code"] == "engine_key_refused"
                assert KEY not in str(talk.events)

        assert len(far.connections) == 1
        assert near.loaded.describe()[-1]["state"] == "failing"
        assert KEY not in "".join(capsys.readouterr())


# --- A server of its own process ------------------------------------------------------------------------------------------


@asynccontextmanager
async def kaikou(port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A second Kaikou with stub engines, as a process that can be killed."""
    command = [sys.executable, "-m", "server", "--engines", "stub", "--port", str(port)]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=os.environ, stdout=quiet, stderr=quiet)
    try:
        async with asyncio.timeout(30), httpx2.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/health")
                    break
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_completed(talk: Talk) -> Event:
    """Ask until the pause after the failures is over."""
    async with asyncio.timeout(20):
        while True:
            response = await talk.ask(output_modalities=["text"])
            if response["status"] == "completed":
                return response
            await asyncio.sleep(0.2)
