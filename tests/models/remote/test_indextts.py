import asyncio
import io
import json
import sys
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from models.remote.audio_stream import wav_of
from models.remote.indextts import PROMPTS, IndexTTS, IndexTTSServer, create, emotion_vector
from pipeline.engines.protocols import SynthesisRequest, VoiceChoice, VoiceSample
from pipeline.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable, SettingError
from tests.models.remote_speech import ENOUGH_S, HELLO, hangs_up_at_once, heard, said
from tests.models.speech_server import (
    Answer,
    SpeechServer,
    breaking,
    refusing,
    running,
    sending,
    stalling,
    tone,
    waiting,
)

RATE = 22_050
SPEECH = tone(400, RATE)
WAV = wav_of(SPEECH, RATE)
ANSWER = sending(WAV, kind="audio/wav")
SAMPLE = VoiceSample(tone(20_000, 16_000, 200), 16_000, "Some words.")


@asynccontextmanager
async def talking(*answers: Answer, **settings: Any) -> AsyncIterator[tuple[IndexTTSServer, SpeechServer]]:
    async with running(*answers) as server:
        engine = create({"url": server.url, "timeout_s": ENOUGH_S, **settings})
        assert isinstance(engine, IndexTTSServer)
        try:
            yield engine, server
        finally:
            await engine.aclose()


async def test_a_clause_is_a_form_and_its_wav_is_heard() -> None:
    async with talking(ANSWER, options=("temperature=0.8", "top_p = 0.7", "top_k=30", "num_beams=1")) as (
        engine,
        server,
    ):
        np.testing.assert_array_equal(await heard(engine), SPEECH)

    asked = server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/synthesize")
    assert asked.headers["content-type"].startswith("multipart/form-data")
    assert asked.body == {"text": HELLO.text, "temperature": "0.8", "top_p": "0.7", "top_k": "30", "num_beams": "1"}


async def test_a_style_is_a_vector_of_eight_emotions() -> None:
    async with talking(ANSWER) as (engine, server):
        await said(engine, SynthesisRequest("Oh no!", voice=VoiceChoice(style="sad")))

    assert json.loads(server.asked[0].body["emo_vector"]) == [0, 0, 0.8, 0, 0, 0, 0, 0]


def test_no_style_is_no_vector() -> None:
    assert [emotion_vector(style) for style in ("", "unheard of")] == [None, None]


async def test_the_voice_of_a_sample_is_sent_as_far_as_it_is_listened_to() -> None:
    async with talking(ANSWER) as (engine, server):
        await said(engine, SynthesisRequest("Hi.", voice=VoiceChoice(sample=SAMPLE)))

    _, kind, content = server.asked[0].body["prompt_audio"]
    with wave.open(io.BytesIO(content)) as file:
        assert (kind, file.getframerate(), file.getnframes()) == ("audio/wav", 16_000, 15 * 16_000)


async def test_without_a_sample_the_voice_that_was_set_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(WAV)
    async with talking(ANSWER, voice=path) as (engine, server):
        await said(engine)

    assert server.asked[0].body["prompt_audio"] == ("voice.wav", "audio/wav", WAV)


async def test_audio_arrives_while_the_rest_is_sent() -> None:
    gate = asyncio.Event()
    async with (
        talking(waiting(gate, WAV[:5000], WAV[5000:], kind="audio/wav")) as (engine, _),
        asyncio.timeout(ENOUGH_S),
    ):
        chunks = engine.speak(HELLO)
        begun = [await anext(chunks)]
        gate.set()
        begun += [chunk async for chunk in chunks]

    np.testing.assert_array_equal(np.concatenate([chunk.pcm for chunk in begun]), SPEECH)


async def test_closing_the_clause_hangs_up_at_once() -> None:
    hung_up = asyncio.Event()
    async with talking(stalling(WAV, kind="audio/wav", hung_up=hung_up)) as (engine, _):
        await hangs_up_at_once(engine, hung_up)


async def test_one_failure_before_any_audio_goes_unnoticed() -> None:
    async with talking(breaking(), ANSWER) as (engine, _):
        np.testing.assert_array_equal(await heard(engine), SPEECH)


@pytest.mark.parametrize(
    ("answer", "requests", "kind", "says"),
    [
        (refusing(422, {"detail": "text is missing"}), 1, EngineError, "answered 422"),
        (refusing(503, {"detail": "loading"}), 2, EngineError, "answered 503"),
        (refusing(429, {"detail": "busy"}), 1, EngineBusy, "pause"),
        (refusing(200, {"detail": "no"}), 1, EngineError, "application/json"),
        (breaking(), 2, EngineUnavailable, "KAIKOU_INDEXTTS_URL"),
        (breaking(WAV[:9000], kind="audio/wav"), 1, EngineError, "broke"),
        (stalling(), 1, EngineTimeout, r"nothing for 0\.5 s"),
        (sending(WAV[:44], kind="audio/wav"), 1, EngineError, "no audio"),
    ],
)
async def test_a_failure_is_told_by_its_kind(answer: Answer, requests: int, kind: type[EngineError], says: str) -> None:
    async with talking(answer, timeout_s=0.5) as (engine, server):
        with pytest.raises(EngineError, match=says) as raised:
            await said(engine)

    assert (type(raised.value), raised.value.engine, len(server.asked)) == (kind, "indextts", requests)


@pytest.mark.parametrize("option", ["temperature", "top_k=many", "speed=2"])
def test_an_option_that_is_none_is_a_wrong_setting(option: str) -> None:
    with pytest.raises(SettingError, match="indextts_options"):
        create({"url": "http://127.0.0.1:1", "options": (option,)})


def test_a_voice_that_is_no_file_is_told() -> None:
    with pytest.raises(EngineUnavailable, match="KAIKOU_INDEXTTS_VOICE"):
        create({"url": "http://127.0.0.1:1", "voice": "/nowhere.wav"})


# --- In process ------------------------------------------------------------------------------------------------------


class StandIn:
    """IndexTTS2 as its README calls it; speaks a tone."""

    def __init__(self, cfg_path: str, model_dir: str, use_fp16: bool) -> None:
        assert Path(cfg_path) == Path(model_dir, "config.yaml")
        self.asked: list[dict[str, Any]] = []
        self.prompts: list[str] = []
        self.begun, self.may_end = Event(), Event()
        self.may_end.set()

    def infer(
        self,
        spk_audio_prompt: str,
        text: str,
        output_path: str | None,
        emo_vector: list[float] | None = None,
        **generation: Any,
    ) -> tuple[int, Any]:
        self.begun.set()
        self.may_end.wait(ENOUGH_S)
        with wave.open(spk_audio_prompt) as file:
            self.prompts.append(spk_audio_prompt)
            self.asked.append({"prompt_hz": file.getframerate(), "text": text, "emo_vector": emo_vector, **generation})
        if text == "Fail.":
            raise RuntimeError("CUDA out of memory at /home/me")
        return RATE, SPEECH[:, np.newaxis]


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    module = ModuleType("indextts.infer_v2")
    module.IndexTTS2 = StandIn  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "indextts", ModuleType("indextts"))
    monkeypatch.setitem(sys.modules, "indextts.infer_v2", module)
    (tmp_path / "config.yaml").touch()
    return tmp_path


@pytest.fixture
def engine(weights: Path) -> Iterator[IndexTTS]:
    made = IndexTTS(weights, None, {"num_beams": 1}, turn_s=0.05)
    yield made
    made.close()


def test_in_process_it_speaks_in_the_voice_of_the_sample(engine: IndexTTS) -> None:
    pcm = np.concatenate(
        [chunk.pcm for chunk in engine.speak(SynthesisRequest("Hi.", voice=VoiceChoice(style="calm", sample=SAMPLE)))]
    )

    np.testing.assert_array_equal(pcm, SPEECH)
    vector = [0, 0, 0, 0, 0, 0, 0, 0.8]
    assert engine._model.asked == [{"prompt_hz": 16_000, "text": "Hi.", "emo_vector": vector, "num_beams": 1}]


def test_in_process_a_voice_keeps_its_file_and_old_ones_go(engine: IndexTTS) -> None:
    samples = [VoiceSample(tone(100, 16_000, 100 + hz), 16_000) for hz in range(PROMPTS + 5)]
    for sample in (samples[0], samples[0], *samples, samples[-1]):
        list(engine.speak(SynthesisRequest("Hi.", voice=VoiceChoice(sample=sample))))

    paths = engine._model.prompts
    assert paths[0] == paths[1] != paths[3]
    assert paths[-1] == paths[-2]
    assert len(list(Path(paths[0]).parent.iterdir())) == PROMPTS


def test_in_process_a_voice_is_needed(engine: IndexTTS) -> None:
    with pytest.raises(EngineUnavailable, match="KAIKOU_INDEXTTS_VOICE"):
        list(engine.speak(HELLO))


def test_in_process_what_goes_wrong_is_told_without_its_text(engine: IndexTTS) -> None:
    for _ in range(2):
        with pytest.raises(EngineError, match="could not speak this") as raised:
            list(engine.speak(SynthesisRequest("Fail.", voice=VoiceChoice(sample=SAMPLE))))
        assert "/home" not in raised.value.message


def test_in_process_one_clause_is_made_at_a_time(engine: IndexTTS) -> None:
    engine._model.may_end.clear()
    request = SynthesisRequest("Hi.", voice=VoiceChoice(sample=SAMPLE))
    first = Thread(target=lambda: list(engine.speak(request)))
    first.start()
    assert engine._model.begun.wait(ENOUGH_S)
    with pytest.raises(EngineBusy):
        list(engine.speak(request))
    engine._model.may_end.set()
    first.join()


def test_without_server_and_package_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "indextts", None)
    with pytest.raises(EngineUnavailable, match="KAIKOU_INDEXTTS_URL"):
        create({})


def test_without_weights_it_says_so(weights: Path) -> None:
    with pytest.raises(EngineUnavailable, match="KAIKOU_INDEXTTS_WEIGHTS"):
        create({"weights": weights / "none"})
