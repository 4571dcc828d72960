"""Every engine that the conformance suite tries, one entry each: how it is made here, and what it is given.

To add one: a line in `SUBJECTS` whose value makes a `Subject`, with weights that a test builds, or beside a server that
speaks the provider's protocol. Nothing is imported or built before the engine's turn comes; what this machine lacks raises
`EngineUnavailable`, or `skip`s as `pytest.importorskip` does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from zlib import crc32

import pytest

from models.remote.audio_stream import wav_of
from pipeline.conformance import Subject
from pipeline.conformance.trial import babble
from pipeline.engines import registry
from pipeline.engines.protocols import Role
from tests.models import chat_server
from tests.models.speech_server import MS_PER_CHARACTER, RATE, Line, running, sending, speaking, tone
from tests.speech import sentence, write_wav

WHISPER_BASE = Path(__file__).resolve().parents[2] / "models" / "weights" / "whisper-base"
"""Real weights, where they are installed."""

FIRST_WORDS_S = 1.4
"""Enough of the sentence to have five words in it; every check listens to it several times."""


def role_of(name: str) -> Role:
    """The role of a subject, by its key."""
    return cast(Role, name.partition(".")[0])


def ours(role: Role, name: str, settings: Mapping[str, Any] | None = None, **about: Any) -> Callable[[], Subject]:
    """An engine of the registry."""
    return lambda: Subject(role, partial(registry.create, role, name, settings), name, **about)


def listening(name: str, settings: Mapping[str, Any], **about: Any) -> Callable[[], Subject]:
    """A recogniser of the registry, given a spoken sentence."""
    speech = lambda: sentence()[: int(FIRST_WORDS_S * 16_000)]  # noqa: E731
    make = partial(registry.create, "recognizer", name, settings)
    return lambda: Subject("recognizer", make, name, speech=speech(), **about)


@asynccontextmanager
async def openai_model() -> AsyncIterator[Any]:
    """The adapter of OpenAI-compatible models, beside a server that answers every question in its own words."""

    async def answer(line: chat_server.Line) -> None:
        body = server.asked[-1].body
        words = f"You asked me: {body['messages'][-1]['content']} That is a good question.".split()
        cut = words[: body.get("max_tokens")]
        await line.start()
        for index, word in enumerate(cut):
            await line.event(chat_server.delta(content=f" {word}" if index else word))
        await line.event(chat_server.delta(finish="length" if len(cut) < len(words) else "stop"))
        await line.event(chat_server.usage(7, len(cut)))
        await line.event("[DONE]")
        await line.end()

    async with chat_server.chat_server(answer, models=chat_server.without_list()) as server:
        settings = {"base_url": server.base_url, "model": "m", "memory": chat_server.known(server)}
        model = registry.create("chat_model", "openai", settings)
        try:
            yield model
        finally:
            await model.aclose()


@asynccontextmanager
async def tiny_sherpa(role: Role, build: Callable[[Any, Path], Mapping[str, Any]]) -> AsyncIterator[Any]:
    """An engine of sherpa-onnx with tiny random networks; `build` writes them and returns the settings."""
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed (requirements-cpu.txt)")
    pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")
    networks = import_module("tests.models.tiny_sherpa" + ("_voices" if role == "synthesizer" else ""))
    with TemporaryDirectory() as folder:
        engine = registry.create(role, "sherpa", {"threads": 1, **build(networks, Path(folder))})
        try:
            yield engine
        finally:
            engine.close()


def two_passes(networks: Any, folder: Path) -> Mapping[str, Any]:
    second = networks.build_sense_voice(folder / "sense-voice")
    return {"weights": str(networks.build_zipformer(folder / "zipformer")), "second_pass": str(second)}


def paraformer(networks: Any, folder: Path) -> Mapping[str, Any]:
    return {"weights": str(networks.build_streaming_paraformer(folder / "paraformer"))}


@asynccontextmanager
async def tiny_whisper() -> AsyncIterator[Any]:
    """Whisper with a tiny random network."""
    for package in ("ctranslate2", "tokenizers", "opencc"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    tiny = import_module("tests.models.tiny_whisper")
    with TemporaryDirectory() as folder:
        engine = registry.create("recognizer", "whisper", {"weights": str(tiny.build(Path(folder))), "device": "cpu"})
        try:
            yield engine
        finally:
            engine.close()


@asynccontextmanager
async def tiny_funasr() -> AsyncIterator[Any]:
    """FunASR with tiny random models in processes of their own: a streaming Paraformer, and SenseVoice after it."""
    pytest.importorskip("funasr", reason="needs requirements-gpu.txt: python3 run.py test-heavy")
    models = import_module("tests.models.tiny_funasr")
    with TemporaryDirectory() as name:
        weights = models.build_streaming_paraformer(Path(name) / "paraformer")
        second = models.build_sense_voice(Path(name) / "sense-voice")
        settings = {"weights": str(weights), "second_pass": str(second), "device": "cpu"}
        engine = registry.create("recognizer", "funasr", settings)
        try:
            yield engine
        finally:
            engine.close()


def voice(builder: str, **how: Any) -> Callable[[Any, Path], Mapping[str, Any]]:
    return lambda networks, folder: {"weights": str(getattr(networks, builder)(folder / "voice", **how))}


def zipvoice(networks: Any, folder: Path) -> Mapping[str, Any]:
    """It has no voice of its own, so it gets a sample for requests that bring none."""
    write_wav(folder / "sample.wav", babble(2.0, 150.0))
    sample = {"sample": str(folder / "sample.wav"), "sample_text": "Good morning."}
    return {"weights": str(networks.build_zipvoice(folder / "voice")), **sample}


def singing(builder: str, **how: Any) -> Callable[[], Subject]:
    """A tiny voice of sherpa-onnx. What it sings is nobody's speech."""
    make = partial(tiny_sherpa, "synthesizer", voice(builder, **how))
    return lambda: Subject("synthesizer", make, "sherpa", meaningful=False)


WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "weights"


@asynccontextmanager
async def tiny_voice(name: str, build: str, **how: Any) -> AsyncIterator[Any]:
    """An engine of `models.neural_voices` with a tiny network in the format that it reads."""
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")
    networks = import_module("tests.models.tiny_voices")
    with TemporaryDirectory() as folder:
        engine = registry.create("synthesizer", name, {"weights": str(getattr(networks, build)(Path(folder), **how))})
        try:
            yield engine
        finally:
            engine.close()


def installed(name: str, weights: str, settings: Mapping[str, Any] | None = None) -> Callable[[], Subject]:
    """A synthesiser with real weights, where they are installed."""
    if not (WEIGHTS / weights).is_dir():
        return lambda: pytest.skip(f"the weights {weights} are not installed")
    return ours("synthesizer", name, {"weights": str(WEIGHTS / weights), **(settings or {})}, deterministic=False)


async def imitating(line: Line) -> None:
    """IndexTTS's protocol: a tone as long as the text, as high as the voice sample has it."""
    asked = line.asked.body
    sample = asked.get("prompt_audio", ("", "", b""))[2]
    pcm = tone(MS_PER_CHARACTER * len(asked["text"]), hz=200.0 + crc32(sample) % 200)
    await sending(wav_of(pcm, RATE), kind="audio/wav")(line)


@asynccontextmanager
async def remote(role: Role, name: str, address: str = "base_url") -> AsyncIterator[Any]:
    """An engine a network away, beside a server that speaks its protocol."""
    async with running(imitating if name == "indextts" else speaking) as server:
        where = server.base_url if address == "base_url" else server.url
        keyed = {} if address == "url" else {"api_key": "sk-test"}
        engine = registry.create(role, name, {address: where, **keyed})
        try:
            yield engine
        finally:
            await engine.aclose()


def away(role: Role, name: str, address: str = "base_url") -> Callable[[], Subject]:
    """A subject a network away; what its server says is a tone, or always the same words."""
    return lambda: Subject(role, partial(remote, role, name, address), name, speech=sentence(), meaningful=False)


SUBJECTS: Mapping[str, Callable[[], Subject]] = {
    "voice_detector.silero": lambda: Subject(
        "voice_detector", partial(registry.create, "voice_detector", "silero"), speech=sentence()
    ),
    "turn_model.pitch": lambda: Subject(
        "turn_model", partial(registry.create, "turn_model", "pitch"), speech=sentence()
    ),
    "recognizer.stub": ours("recognizer", "stub", {"settle_ms": 250}, meaningful=False),
    "recognizer.pocketsphinx": listening("pocketsphinx", {"processes": 2}),
    "recognizer.sherpa, two passes": lambda: Subject(
        "recognizer", partial(tiny_sherpa, "recognizer", two_passes), "sherpa", speech=sentence(), meaningful=False
    ),
    "recognizer.sherpa, Paraformer": lambda: Subject(
        "recognizer", partial(tiny_sherpa, "recognizer", paraformer), "sherpa", speech=sentence(), meaningful=False
    ),
    "recognizer.whisper": lambda: Subject("recognizer", tiny_whisper, "whisper", speech=sentence(), meaningful=False),
    "recognizer.whisper, base": listening("whisper", {"weights": str(WHISPER_BASE)}),
    "recognizer.funasr": lambda: Subject("recognizer", tiny_funasr, "funasr", speech=sentence(), meaningful=False),
    "recognizer.openai": away("recognizer", "openai"),
    "recognizer.stepfun": away("recognizer", "stepfun"),
    "chat_model.stub": ours("chat_model", "stub", {"first_token_ms": 1, "words_per_s": 2_000}),
    "chat_model.scripted": ours("chat_model", "scripted"),
    "chat_model.openai": lambda: Subject("chat_model", openai_model, "openai"),
    "synthesizer.stub": ours("synthesizer", "stub", {"first_audio_ms": 0}, meaningful=False),
    "synthesizer.espeak": ours("synthesizer", "espeak"),
    "synthesizer.espeak, Chinese": ours("synthesizer", "espeak", language="zh", text="我们今天去河边散步，好不好？"),
    "synthesizer.flite": ours("synthesizer", "flite"),
    "synthesizer.embedded": ours("synthesizer", "embedded"),
    "synthesizer.sherpa, Piper": singing("build_vits", piper=True, speakers=2),
    "synthesizer.sherpa, Kokoro": singing("build_kokoro"),
    "synthesizer.sherpa, Matcha": singing("build_matcha"),
    "synthesizer.sherpa, ZipVoice": lambda: Subject(
        "synthesizer", partial(tiny_sherpa, "synthesizer", zipvoice), "sherpa", meaningful=False, deterministic=False
    ),
    "synthesizer.piper, tiny": lambda: Subject(
        "synthesizer", partial(tiny_voice, "piper", "build_piper", speakers=2), "piper", meaningful=False
    ),
    "synthesizer.piper": installed("piper", "piper-joe"),
    "synthesizer.kokoro, tiny": lambda: Subject(
        "synthesizer", partial(tiny_voice, "kokoro", "build_kokoro"), "kokoro", meaningful=False
    ),
    "synthesizer.kokoro": installed("kokoro", "kokoro-82m", {"streaming": "on"}),
    "synthesizer.openai": away("synthesizer", "openai"),
    "synthesizer.stepfun": away("synthesizer", "stepfun"),
    "synthesizer.minimax": away("synthesizer", "minimax"),
    "synthesizer.indextts": away("synthesizer", "indextts", "url"),
}

MARKS: Mapping[str, tuple[pytest.MarkDecorator, ...]] = {
    "synthesizer.kokoro": (pytest.mark.heavy, pytest.mark.timeout(900)),  # 36 voices, in real time on two quiet cores
    "recognizer.funasr": (
        pytest.mark.heavy,
        pytest.mark.timeout(300),
        pytest.mark.filterwarnings("ignore"),  # the library's own, of which there are many
    ),
}
"""Marks of subjects that not every run tries."""
