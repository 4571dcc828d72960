"""An engine that hangs or breaks costs one turn, within its time bound; the character says so, and the next one works."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from structlog.testing import capture_logs

from pipeline.engines.bulkhead import Outcome
from pipeline.errors import SettingError
from server.engines.loaded import LoadedEngines
from server.settings import load_settings
from tests.server.audio.files import file_of
from tests.server.faulty_engines import StartledDetector
from tests.server.talking import RATE, WAIT_S, Talk, talking
from tests.serving import Serving, serving
from tests.speech import sentence, silence

ENGINES = "tests.server.faulty_engines"
POINTS = f"""[kaikou.engines]
chat_model.silent = {ENGINES}:silent_model
chat_model.stumbling = {ENGINES}:stumbling_model
chat_model.stalling = {ENGINES}:stalling_model
chat_model.breaking = {ENGINES}:breaking_model
chat_model.broken = {ENGINES}:broken_model
synthesizer.stalling = {ENGINES}:stalling_synthesizer
synthesizer.broken = {ENGINES}:broken_synthesizer
synthesizer.refused = {ENGINES}:refused_synthesizer
synthesizer.deep = {ENGINES}:deep_synthesizer
recognizer.silent = {ENGINES}:silent_recognizer
recognizer.dying = {ENGINES}:dying_recognizer
recognizer.english = {ENGINES}:english_recognizer
recognizer.absent = {ENGINES}:absent_recognizer
"""
AHEAD: dict[str, Any] = {"lead_s": 1_000.0, "queued_audio_s": 1_000.0}
"""Audio leaves as soon as it is made."""
QUICK: dict[str, Any] = {**AHEAD, "first_token_s": 0.3, "audio_s": 0.3, "recognizer_s": 0.5}

SORRY = "Forgive me, the rope slipped just then. Would you say that again?"
"""The philosopher's own words for it."""
LISTEN = {"input": {"transcription": {"model": "any"}, "turn_detection": {"type": "server_vad"}}}


@pytest.fixture(autouse=True)
def faulty_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "faulty_engines-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-engines\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))


def transcript(response: dict[str, Any]) -> str:
    parts = [part for item in response["output"] for part in item["content"]]
    return "".join(part.get("transcript") or part.get("text") or "" for part in parts)


def outcome(response: dict[str, Any]) -> tuple[str, str]:
    error = (response["status_details"] or {}).get("error") or {}
    return response["status"], error.get("code", "")


def seconds_heard(talk: Talk, response: dict[str, Any]) -> float:
    """How much audio of a response was sent."""
    sent = (event for event in talk.events if event["type"] == "response.output_audio.delta")
    return sum(len(event["delta"]) * 3 / 4 for event in sent if event["response_id"] == response["id"]) / 48_000


# --- The character says so -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "code", "said"),
    [
        ({"chat_model": "silent"}, "engine_timeout", SORRY),
        ({"chat_model": "stalling"}, "engine_timeout", f"I was about to say, {SORRY}"),
        ({"chat_model": "breaking"}, "engine_error", f"I was about to say, {SORRY}"),
        ({"synthesizer": "stalling"}, "engine_timeout", f"That is a lovely question, {SORRY}"),
    ],
    ids=["model hangs before the first word", "model hangs after it", "model breaks off", "voice stalls"],
)
async def test_a_broken_answer_is_apologised_for_aloud_and_the_next_one_works(
    engine: dict[str, str], code: str, said: str
) -> None:
    async with serving(**QUICK, **engine) as server, talking(server) as talk:
        await talk.write("Hello")
        failed = await talk.ask()
        assert outcome(failed) == ("failed", code)
        assert transcript(failed) == said
        assert seconds_heard(talk, failed) > 3
        await talk.write("Are you there?")
        assert outcome(await talk.ask()) == ("completed", "")
        assert "error" not in talk.types


async def test_without_a_voice_the_failure_is_only_told_and_soon() -> None:
    async with serving(**QUICK, synthesizer="broken") as server, talking(server) as talk:
        await talk.write("Hello")
        async with asyncio.timeout(5):
            failed = await talk.ask()
        assert outcome(failed) == ("failed", "engine_error")
        assert seconds_heard(talk, failed) == 0


async def test_an_answer_in_text_is_never_apologised_for() -> None:
    async with serving(**QUICK, chat_model="stalling") as server, talking(server) as talk:
        await talk.write("Hello")
        failed = await talk.ask(output_modalities=["text"])
        assert (outcome(failed), transcript(failed)) == (("failed", "engine_timeout"), "I was about to say, ")
        assert "response.output_audio.delta" not in talk.types


async def test_an_apology_is_not_said_twice_in_a_row_so_that_its_echo_is_never_apologised_to() -> None:
    async with serving(**QUICK, chat_model="broken") as server, talking(server) as talk:
        said = []
        for _ in range(3):
            await talk.write("Hello")
            said.append(transcript(await talk.ask()))
        assert said == [SORRY, "", ""]


async def test_it_apologises_in_the_language_that_it_was_addressed_in() -> None:
    async with serving(**QUICK, chat_model="broken") as server, talking(server) as talk:
        await talk.write("你好，你今天怎么样？")
        assert transcript(await talk.ask()) == "见谅，刚才绳子滑了一下。你再说一遍，好吗？"


async def test_what_was_prepared_in_a_pause_and_failed_is_asked_again_and_nobody_hears_of_it() -> None:
    failed = 'kaikou_engine_calls_total{engine="stumbling",outcome="failed",role="chat_model"} 1.0'
    async with serving(**AHEAD, chat_model="stumbling") as server, talking(server) as talk:
        patient = {"type": "server_vad", "silence_duration_ms": 1_500}
        await talk.configure(audio={"input": {**LISTEN["input"], "turn_detection": patient}})
        await talk.hear(sentence(RATE))
        await talk.hear(silence(0.7, RATE))
        async with asyncio.timeout(WAIT_S):
            while failed not in await text_of(server, "/metrics"):
                await asyncio.sleep(0.02)
        told = "response.created" in talk.types
        await talk.hear(silence(1.5, RATE))
        done = await talk.until("response.done")
        assert (told, outcome(done["response"])) == (False, ("completed", ""))
        assert SORRY not in json.dumps(talk.events)


async def test_a_silent_recogniser_is_apologised_for_and_the_next_turn_works() -> None:
    async with serving(**QUICK, recognizer="silent") as server, talking(server) as talk:
        await talk.configure(audio=LISTEN)
        await talk.say_something()
        lost = await talk.until("conversation.item.input_audio_transcription.failed")
        assert lost["error"]["code"] == "engine_timeout"
        failed = (await talk.until("response.done"))["response"]
        assert (outcome(failed), transcript(failed)) == (("failed", "engine_timeout"), SORRY)
        since = len(talk.events)
        await talk.say_something()
        assert outcome((await talk.until("response.done", since))["response"]) == ("completed", "")
        assert (await text_of(server, "/metrics")).count('kaikou_engine_failures_total{code="engine_timeout"') == 1


async def test_a_detector_that_fails_at_one_clients_sound_is_told_to_that_client_once_and_everybody_goes_on() -> None:
    bang = np.full(RATE // 2, 32_767, np.int16)
    startled = serving(**AHEAD, instead={"voice_detector": StartledDetector()})
    async with startled as server, talking(server) as one, talking(server) as other:
        await asyncio.gather(one.hear(bang), other.hear(silence(0.5, RATE)))
        await asyncio.gather(one.say_something(), other.say_something())
        for talk in (one, other):
            assert outcome((await talk.until("response.done"))["response"]) == ("completed", "")
        told = [event["error"]["message"] for event in one.events if event["type"] == "error"]
        assert (told, "error" in other.types) == (["The detector was startled."], False)
        metrics = await text_of(server, "/metrics")
        assert 'kaikou_engine_failures_total{code="engine_error",role="voice_detector"} 1.0' in metrics


async def test_who_speaks_a_language_that_nobody_knows_is_told_so_and_not_asked_to_say_it_again() -> None:
    async with serving(recognizer="english") as server, talking(server, extensions="kaikou") as talk:
        await talk.configure(audio=LISTEN, kaikou={"language": "zh"})
        await talk.say_something()
        lost = await talk.until("conversation.item.input_audio_transcription.failed")
        await talk.configure(audio=LISTEN)
        assert (lost["error"]["code"], "response.created" in talk.types) == ("unknown_language", False)


async def test_an_apology_can_be_interrupted_like_any_answer() -> None:
    async with serving(first_token_s=0.3, chat_model="broken") as server, talking(server) as talk:
        await talk.write("Hello")
        await talk.connection.response.create()
        await talk.until("response.output_audio.delta")
        await talk.connection.response.cancel()
        assert outcome((await talk.until("response.done"))["response"])[0] == "cancelled"
        assert [bulkhead.active for bulkhead in server.loaded.bulkheads] == [0] * len(server.loaded.bulkheads)
        await talk.write("Hello")
        assert outcome(await talk.ask()) == ("failed", "engine_error")


# --- Others stand in -----------------------------------------------------------------------------------------------------


async def text_of(server: Serving, path: str) -> str:
    async with httpx2.AsyncClient(base_url=server.http) as client:
        return (await client.get(path)).text


async def test_other_engines_stand_in_for_those_that_fail_and_nobody_notices() -> None:
    chains = {"recognizer": "dying, stub", "chat_model": "broken, stub", "synthesizer": "broken, deep"}
    async with serving(**AHEAD, **chains) as server, talking(server) as talk:
        await talk.configure(audio=LISTEN)
        await talk.say_something()
        heard = await talk.until("conversation.item.input_audio_transcription.completed")
        response = (await talk.until("response.done"))["response"]
        assert heard["transcript"] == "I would like to ask you something about the sea."
        assert (outcome(response), transcript(response)[:26]) == (("completed", ""), "That is a lovely question,")
        assert seconds_heard(talk, response) == pytest.approx(len(transcript(response)) * 0.06, rel=0.05)


async def test_the_operator_sees_each_engine_of_a_chain_and_is_told_of_a_refused_key_once() -> None:
    async with serving(**AHEAD, synthesizer="refused, stub") as server, talking(server) as talk:
        with capture_logs() as logged:
            for _ in range(2):
                await talk.write("Hello")
                assert outcome(await talk.ask()) == ("completed", "")
        status = json.loads(await text_of(server, "/api/status"))["data"]["engines"]
        voices = [
            (one["name"], one["state"], one["breaker"], one["note"]) for one in status if one["role"] == "synthesizer"
        ]
        metrics = await text_of(server, "/metrics")
        assert voices == [
            ("refused", "failing", "open", "The key was refused."),
            ("stub", "ready", "closed", "For tests: a tone instead of speech."),
        ]
        assert 'kaikou_engine_calls_total{engine="refused",outcome="failed",role="synthesizer"} 1.0' in metrics
        assert 'kaikou_engine_breaker{engine="refused",role="synthesizer"} 2.0' in metrics
        assert 'kaikou_engine_waiting{engine="stub",role="synthesizer"} 0.0' in metrics
        assert re.search(r'kaikou_engine_first_result_seconds_count{engine="stub",role="synthesizer"} [1-9]', metrics)
        assert [(line["engine"], line["event"]) for line in logged if line["log_level"] == "error"] == [
            ("refused", "engine left alone: its key was refused")
        ]


async def test_a_recogniser_that_hangs_does_not_take_the_voices_threads() -> None:
    silent = serving(**AHEAD, recognizer="silent", recognizer_s=20, engine_threads=1)
    async with silent as server, talking(server) as speaker, talking(server) as writer:
        await speaker.configure(audio=LISTEN)
        await speaker.hear(sentence(RATE))
        async with asyncio.timeout(WAIT_S):
            while not any(bulkhead.active for bulkhead in server.loaded.bulkheads if bulkhead.role == "recognizer"):
                await asyncio.sleep(0.02)
        await writer.write("Hello")
        async with asyncio.timeout(10):
            assert outcome(await writer.ask()) == ("completed", "")
        assert "conversation.item.input_audio_transcription.failed" not in speaker.types


async def test_a_voice_that_stalls_over_a_file_has_failed_and_so_has_a_recogniser() -> None:
    async with serving(**QUICK, synthesizer="stalling", recognizer="silent") as server:
        async with httpx2.AsyncClient(base_url=f"{server.http}/v1/audio/") as client:
            await client.post("speech", json={"input": "That is a lovely question.", "stream_format": "sse"})
            await client.post("transcriptions", files={"file": ("speech.wav", file_of(sentence()))})
        ended = {bulkhead.role: bulkhead.outcomes for bulkhead in server.loaded.bulkheads if bulkhead.outcomes}
    assert ended == {"synthesizer": {Outcome.FAILED: 1}, "recognizer": {Outcome.FAILED: 1}}


async def test_a_server_is_ready_while_each_role_has_an_engine_that_could_start() -> None:
    async with serving(**AHEAD, recognizer="absent, stub") as server, talking(server) as talk:
        ready = json.loads(await text_of(server, "/ready"))
        states = [(one["name"], one["state"]) for one in ready["engines"] if one["role"] == "recognizer"]
        await talk.say_something()
        assert outcome((await talk.until("response.done"))["response"]) == ("completed", "")
        assert (server.loaded.ready, states) == (True, [("absent", "failed"), ("stub", "ready")])


@pytest.mark.parametrize("wrong", [{"synthesizer": " , "}, {"turn_model": "pitch, embedded"}])
def test_a_chain_that_makes_no_sense_is_told_at_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingError, match=next(iter(wrong))):
        LoadedEngines(load_settings({"engines": "stub", **wrong}, {}))
