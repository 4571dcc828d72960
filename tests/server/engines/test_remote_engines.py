"""Engines that are a network away, in a whole server: a conversation, and what the operator is told when a key is wrong."""

from __future__ import annotations

import logging

import httpx2
import pytest

from server.engines.loaded import LoadedEngines
from server.engines.remote import remote_options
from server.settings import load_settings
from server.settings.tree import SETTINGS
from tests.models.remote_speech import KEY, SECRETIVE
from tests.models.speech_server import HEARD, refusing, running, speaking
from tests.server.talking import talking
from tests.serving import serving

VOICES = {
    "openai": ({"tts_base_url": "{base_url}"}, "KAIKOU_TTS_API_KEY"),
    "stepfun": ({"stepfun_base_url": "{base_url}"}, "KAIKOU_STEPFUN_API_KEY"),
    "minimax": ({"minimax_base_url": "{url}"}, "KAIKOU_MINIMAX_API_KEY"),
    "indextts": ({"indextts_url": "{url}"}, ""),
}
EARS = {
    "openai": ({"stt_base_url": "{base_url}"}, "KAIKOU_STT_API_KEY"),
    "stepfun": ({"stepfun_base_url": "{base_url}"}, "KAIKOU_STEPFUN_API_KEY"),
}


@pytest.mark.parametrize("name", VOICES)
async def test_an_answer_is_spoken_by_a_voice_that_is_a_network_away(name: str) -> None:
    flags, variable = VOICES[name]
    async with running(speaking) as provider:
        where = {key: value.format(url=provider.url, base_url=provider.base_url) for key, value in flags.items()}
        async with serving({variable: KEY} if variable else {}, synthesizer=name, **where) as server:
            async with talking(server) as talk:
                await talk.write("Hello")
                assert (await talk.ask())["status"] == "completed"
                assert "response.output_audio.delta" in talk.types
            assert server.loaded.ready

    assert provider.asked


@pytest.mark.parametrize("name", EARS)
async def test_speech_is_understood_by_a_recogniser_that_is_a_network_away(name: str) -> None:
    flags, variable = EARS[name]
    audio = {"input": {"transcription": {"model": "any"}, "turn_detection": {"type": "server_vad"}}}
    async with running(speaking) as provider:
        where = {key: value.format(base_url=provider.base_url) for key, value in flags.items()}
        async with serving({variable: KEY}, recognizer=name, **where) as server, talking(server) as talk:
            await talk.configure(audio=audio)
            await talk.say_something()
            told = await talk.until("conversation.item.input_audio_transcription.completed")

    assert told["transcript"] == HEARD


async def test_a_wrong_key_is_asked_once_and_reported_without_itself(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(refusing(401, SECRETIVE)) as provider:
        environment = {"KAIKOU_STEPFUN_API_KEY": KEY}
        async with serving(environment, synthesizer="stepfun", stepfun_base_url=provider.base_url) as server:
            async with talking(server) as talk, httpx2.AsyncClient(base_url=server.http) as operator:
                for _ in range(2):
                    await talk.write("Hello")
                    failed = await talk.ask()
                    assert (failed["status"], failed["status_details"]["error"]["code"]) == (
                        "failed",
                        "engine_key_refused",
                    )
                pages = [
                    (await operator.get(path)).text for path in ("/health", "/api/status", "/api/turns", "/metrics")
                ]
                events = str(talk.events)
            status = server.loaded.statuses["synthesizer", "stepfun"]

    assert len(provider.asked) == 1
    assert "KAIKOU_STEPFUN_API_KEY" in status.bulkhead.error
    assert 'code="engine_key_refused"' in pages[3]
    assert all(KEY not in text for text in (*pages, events, caplog.text, repr(server.loaded.describe())))


async def test_a_voice_without_a_key_is_missing_and_the_rest_works() -> None:
    async with serving(synthesizer="minimax") as server, talking(server) as talk:
        await talk.write("Hello")
        assert (await talk.ask())["status_details"]["error"]["code"] == "engine_unavailable"
        described = {engine["role"]: engine for engine in server.loaded.describe()}

    assert described["synthesizer"]["state"] == "failed"
    assert "KAIKOU_MINIMAX_API_KEY" in described["synthesizer"]["note"]


async def test_connections_are_given_back_when_the_server_ends() -> None:
    async with running(speaking) as provider:
        named = {"engines": "stub", "synthesizer": "openai", "recognizer": "openai"}
        where = {"tts_base_url": provider.base_url, "stt_base_url": provider.base_url}
        loaded = LoadedEngines(load_settings({**named, **where}, {}))
        engines = [member.engine for member in loaded.members if member.bulkhead.name == "openai"]
        clients = [getattr(engine, "_engine", engine)._remote.http for engine in engines]
        await loaded.close()

    assert [client.is_closed for client in clients] == [True, True]


def given(environment: dict[str, str], role: str) -> str:
    """The key that the engine "openai" of a role gets."""
    settings = load_settings({}, environment)
    options = remote_options(settings.engines, settings.engine_limits)
    return str(options[role, "openai"]["api_key"])  # type: ignore[index]


@pytest.mark.parametrize(("role", "ours"), [("synthesizer", "TTS"), ("recognizer", "STT")])
def test_openais_key_opens_all_of_openai_and_is_sent_nowhere_else(role: str, ours: str) -> None:
    openai, elsewhere = {"OPENAI_API_KEY": KEY}, "http://127.0.0.1:9/v1"

    assert given(openai, role) == KEY
    assert given({**openai, f"KAIKOU_{ours}_API_KEY": "own"}, role) == "own"
    assert given({**openai, f"KAIKOU_{ours}_BASE_URL": elsewhere}, role) == ""
    assert given({**openai, "OPENAI_BASE_URL": elsewhere}, role) == ""


def test_every_key_is_a_secret_by_its_type() -> None:
    named = {name for name in SETTINGS if name.endswith(("_key", "_keys", "_secret", "_password"))}
    with_a_password_in_it = {"database_url", "redis_url"}

    assert {name for name, setting in SETTINGS.items() if setting.is_secret} == named | with_a_password_in_it


def test_lists_of_the_environment_are_separated_by_commas() -> None:
    settings = load_settings({}, {"KAIKOU_TTS_VOICES": "af_heart, male=am_adam", "KAIKOU_INDEXTTS_OPTIONS": "top_k=30"})

    assert settings.engines.openai.tts_voices == ("af_heart", "male=am_adam")
    assert settings.engines.indextts.options == ("top_k=30",)
