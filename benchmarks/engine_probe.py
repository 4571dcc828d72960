"""One engine measured, in a process that does nothing else: `python -m benchmarks.engine_probe ROLE NAME`; prints JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, closing
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from benchmarks.recordings import Clip, clips
from benchmarks.scoring import percentile, spaced, word_errors
from pipeline.audio.samples import LINE_RATE
from pipeline.conformance import Subject, Trial
from pipeline.conformance.leaks import footprint
from pipeline.conversation.limits import RecognitionLimits
from pipeline.engines import registry
from pipeline.engines.protocols import ChatRequest, Message, Role, SynthesisRequest, TextDelta
from pipeline.errors import EngineError, SettingError
from pipeline.listening.utterance import PIECE
from server.engines.loaded import installed_weights
from server.settings import load_settings

TRIES = 5
LANGUAGES = ("en", "zh")
LONGEST_CLIP_S = 20.0
CLAUSES = {
    "en": (
        "Good morning, my friend.",
        "I think we could walk along the river before it starts raining.",
        "Well, that is a long story, and nobody has ever asked me for it before.",
        "Would you like to hear how it ended?",
    ),
    "zh": ("早上好，我的朋友。", "我们今天去河边散步，好不好？", "这个故事很长，以前还没有人问过我。"),
}
QUESTION = ChatRequest([Message("system", "Answer in two short sentences."), Message("user", "Tell me about the sea.")])
IN_FLIGHT_S = 0.02

Figures = dict[str, Any]


async def recognition(trial: Trial, recorded: Mapping[str, list[Clip]]) -> Figures:
    """Time per second of audio, audio until the first partial text (median), time for the final one, errors by language."""
    busy, audio, firsts, finals, errors = 0.0, 0.0, list[float](), list[float](), dict[str, list[int]]()
    longest = max((clip for found in recorded.values() for clip in found), key=lambda clip: len(clip.pcm))
    for language, clip in ((language, clip) for language, found in recorded.items() for clip in found):
        spent, first, final_s, text = await _heard(trial, clip, language)
        busy, audio = busy + spent, audio + len(clip.pcm) / LINE_RATE
        firsts += [] if first is None else [first]
        finals.append(final_s * 1000)
        wrong, words = word_errors(spaced(clip.text), spaced(text))
        errors[language] = [sum(pair) for pair in zip(errors.get(language, [0, 0]), (wrong, words), strict=True)]
    rates = {language: round(wrong / words, 3) for language, (wrong, words) in errors.items() if words}
    return {
        "real_time_factor": busy / audio,
        "first_ms": statistics.median(firsts) if firsts else None,
        "final_ms": percentile(finals, 0.95),
        "cancel_ms": 1000 * min([await _settle_after_close(trial, longest) for _ in range(TRIES)]),
        "word_error_rate": rates.get("en", next(iter(rates.values()), None)),
        "word_error_rates": rates,
        "audio_s": round(audio, 1),
    }


async def _heard(trial: Trial, clip: Clip, language: str) -> tuple[float, float | None, float, str]:
    """Seconds of work, ms of audio and work until the first text, seconds for the final text, and that."""
    spent, first = 0.0, None
    with closing(await trial.open(language)) as stream:
        for at in range(0, len(clip.pcm), PIECE):
            began = perf_counter()
            text = await trial.accept(stream, clip.pcm[at : at + PIECE])
            took = perf_counter() - began
            spent += took
            if text and first is None:
                first = (min(at + PIECE, len(clip.pcm)) / LINE_RATE + took) * 1000
        began = perf_counter()
        settle = partial(stream.settle, RecognitionLimits().settle_s)
        final = await trial.workers.call(settle, timeout_s=LONGEST_CLIP_S)
        took = perf_counter() - began
    return spent + took, first, took, final.text


async def _settle_after_close(trial: Trial, clip: Clip) -> float:
    with closing(await trial.open()) as stream:
        await trial.accept(stream, clip.pcm)

        async def close() -> float:
            await asyncio.sleep(IN_FLIGHT_S)
            stream.close()
            return perf_counter()

        closed_at, _ = await asyncio.gather(close(), trial.settle(stream), return_exceptions=True)
        return perf_counter() - cast(float, closed_at)


async def synthesis(trial: Trial, _recorded: Mapping[str, list[Clip]]) -> Figures:
    """Time per second of speech, time to the first chunk, and how much later the next clause comes after a cancelled one."""
    info = trial.engine.info
    spoken = [language for language in LANGUAGES if not info.languages or language in info.languages]
    clauses = [SynthesisRequest(text, language) for language in spoken for text in CLAUSES[language]]
    busy, audio, firsts = 0.0, 0.0, list[float]()
    for request in clauses * TRIES:
        began, first = perf_counter(), None
        async with aclosing(trial.speak(request)) as chunks:
            async for chunk in chunks:
                first = first or perf_counter() - began
                audio += len(chunk.pcm) / info.rate
        busy += perf_counter() - began
        firsts.append(1000 * (first or 0.0))
    return {
        "real_time_factor": busy / audio,
        "first_ms": statistics.median(firsts),
        "cancel_ms": 1000 * max(0.0, await _lateness(trial, clauses[0])),
        "languages": spoken,
    }


async def _lateness(trial: Trial, clause: SynthesisRequest) -> float:
    long = SynthesisRequest(" ".join([clause.text] * 12), clause.language)

    async def first() -> None:
        async with aclosing(trial.speak(clause)) as chunks:
            await anext(chunks)

    async def abandoned_and_first() -> float:
        chunks = trial.speak(long)
        await anext(chunks)
        began = perf_counter()
        await chunks.aclose()
        await first()
        return perf_counter() - began

    alone = min([await _timed(first) for _ in range(TRIES)])
    return min([await abandoned_and_first() for _ in range(TRIES)]) - alone


async def detection(trial: Trial, recorded: Mapping[str, list[Clip]]) -> Figures:
    """Time per second of audio, called inline as a session does."""
    pcm, size = _some(recorded), trial.engine.window
    stream = trial.engine.open()
    began = perf_counter()
    for at in range(0, len(pcm) - size + 1, size):
        stream.probability(pcm[at : at + size])
    return {"real_time_factor": (perf_counter() - began) / (len(pcm) / LINE_RATE)}


async def turn_ends(trial: Trial, recorded: Mapping[str, list[Clip]]) -> Figures:
    """Time of one call with eight seconds of audio."""
    pcm = _some(recorded)[: 8 * LINE_RATE]
    call = partial(trial.engine.probability, pcm)
    times = [await _timed(lambda: trial.workers.call(call, timeout_s=60)) for _ in range(4 * TRIES)]
    return {"final_ms": 1000 * (percentile(times, 0.95) or 0.0)}


async def chat(trial: Trial, _recorded: Mapping[str, list[Clip]]) -> Figures:
    """Time to the first text, and to let go of a reply."""
    firsts, closings = list[float](), list[float]()
    for _ in range(TRIES):
        began = perf_counter()
        reply = trial.engine.reply(QUESTION)
        async for event in reply:
            if isinstance(event, TextDelta):
                break
        firsts.append(1000 * (perf_counter() - began))
        closings.append(1000 * await _timed(reply.aclose))
    return {"first_ms": statistics.median(firsts), "cancel_ms": min(closings)}


Measure = Callable[[Trial, Mapping[str, list[Clip]]], Awaitable[Figures]]
MEASURES: Mapping[Role, Measure] = {
    "recognizer": recognition,
    "synthesizer": synthesis,
    "voice_detector": detection,
    "turn_model": turn_ends,
    "chat_model": chat,
}


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = perf_counter()
    await work()
    return perf_counter() - began


def _recorded(folder: Path, most: int) -> dict[str, list[Clip]]:
    found = {language: clips(folder, LONGEST_CLIP_S, language)[:most] for language in LANGUAGES}
    return {language: some for language, some in found.items() if some}


def _some(recorded: Mapping[str, list[Clip]]) -> Any:
    return max((clip for found in recorded.values() for clip in found), key=lambda clip: len(clip.pcm)).pcm


def options_of(role: Role, name: str) -> Mapping[str, Any]:
    """What a server here would tell the engine of its weights, and what its own table of the settings says."""
    settings = load_settings()
    weights = installed_weights(settings.weights, settings.engines.languages).choice(role, name).options
    return {**weights, **settings.engines.options(role, name)}


def figures(role: Role, name: str, recorded: Mapping[str, list[Clip]]) -> Figures:
    """Everything that is measured of one engine."""
    before = footprint().bytes
    with Trial(Subject(role, partial(registry.create, role, name, options_of(role, name)), name)) as trial:
        languages = trial.engine.info.languages
        fitting = {language: found for language, found in recorded.items() if not languages or language in languages}

        async def measure(trial: Trial) -> None:
            found.update(await MEASURES[role](trial, fitting or recorded))

        found: Figures = {}
        trial.run(measure)
        found["memory_mb"] = (footprint().bytes - before) / 1e6
    return found


def main() -> int:
    """Print the figures as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=MEASURES)
    parser.add_argument("name")
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=30)
    options = parser.parse_args()
    try:
        listens = options.role in ("recognizer", "voice_detector", "turn_model")
        recorded = _recorded(options.speech, options.clips) if listens else {}
        print(json.dumps(figures(options.role, options.name, recorded)))
    except (EngineError, SettingError) as error:
        print(json.dumps({"not_measured": error.message}))
    except FileNotFoundError as error:
        print(json.dumps({"not_measured": str(error)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
