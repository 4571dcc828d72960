"""What a recogniser is held to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import cycle
from time import perf_counter
from typing import Any

import numpy as np

from pipeline.audio.samples import Samples, samples_of
from pipeline.conformance.leaks import nothing_is_left
from pipeline.conformance.trial import TRIES, Nonconformity, Trial, engine_error_or, require
from pipeline.engines.protocols import Recognition
from pipeline.errors import EngineError

PIECES_MS = ((100,), (20,), (500,), (37, 250, 10, 130))
"""Ways to cut the audio; the first is how a session does it."""

IN_FLIGHT_S = 0.01
SAMPLE_LANGUAGES = 6


async def partial_texts_grow(trial: Trial) -> None:
    """While audio comes, so do texts, and they get longer; where the engine says that it streams."""
    with closing(await trial.open(trial.subject.language)) as stream:
        partials = [await trial.accept(stream, pcm) for pcm in _cut(trial.subject.speech, PIECES_MS[0])]
        final = await trial.settle(stream)
    require(all(isinstance(text, str) for text in partials), "`accept` should return a str")
    _is_recognition(final)
    require(bool(final.text), "nothing was understood of `Subject.speech`")
    if trial.engine.info.streams:
        seen = [text for text in partials[:-1] if text]
        require(len(set(seen)) > 1, f"`info.streams` is true, but before the last audio there were only {set(seen)}")
        require(len(seen[-1]) > len(seen[0]), f"partial texts do not grow: first {seen[0]!r}, last {seen[-1]!r}")


async def every_declared_language_opens(trial: Trial) -> None:
    """With a language that is declared, and with none, an utterance begins; a region after the tag is no obstacle."""
    declared = trial.engine.info.languages[:SAMPLE_LANGUAGES]
    for language in ("", *declared, *(f"{tag}-XX" for tag in declared[:1])):
        try:
            await _opened_and_closed(trial, language)
        except EngineError as error:
            raise Nonconformity(f"`open` refuses {language!r}, which is declared: {error.message}") from error


async def the_text_does_not_depend_on_how_the_audio_was_cut(trial: Trial) -> None:
    """Clients send pieces of any length."""
    texts = {pieces: await _understood(trial, trial.subject.speech, pieces) for pieces in PIECES_MS}
    require(len(set(texts.values())) == 1, f"the text depends on the length of the pieces (ms): {texts}")


async def sessions_do_not_mix(trial: Trial) -> None:
    """Two utterances that take turns are understood as each is alone."""
    speech = trial.subject.speech
    both = speech, speech[len(speech) // 3 :]
    alone = [await _understood(trial, one, PIECES_MS[0]) for one in both]
    language = trial.subject.language
    with closing(await trial.open(language)) as first, closing(await trial.open(language)) as second:
        streams = (first, second)
        cuts = [list(_cut(one, PIECES_MS[0])) for one in both]
        for index in range(max(map(len, cuts))):
            for stream, pieces in zip(streams, cuts, strict=True):
                if index < len(pieces):
                    await trial.accept(stream, pieces[index])
        together = [(await trial.settle(stream)).text for stream in streams]
    require(together == alone, f"side by side they were understood as {together}, alone as {alone}")


async def settling_leaves_the_utterance_open(trial: Trial) -> None:
    """The text in a pause is not the last word: more audio may follow."""
    speech = trial.subject.speech
    half = len(speech) // 2
    with closing(await trial.open(trial.subject.language)) as stream:
        for pcm in _cut(speech[:half], PIECES_MS[0]):
            await trial.accept(stream, pcm)
        begun = await trial.settle(stream)
        for pcm in _cut(speech[half:], PIECES_MS[0]):
            await trial.accept(stream, pcm)
        whole = await trial.settle(stream)
    _is_recognition(begun)
    require(bool(whole.text), "after a first `settle`, more audio and a second one there was no text at all")


async def nothing_is_heard_in_nothing(trial: Trial) -> None:
    """Without audio there is no text, and no error."""
    with closing(await trial.open(trial.subject.language)) as stream:
        before = await trial.settle(stream)
    require(before.text == "", f"without any audio it understood {before.text!r}")


async def closing_ends_a_call_in_flight(trial: Trial) -> None:
    """Within `cancel_s` of `close` a pending `settle` returns or raises an `EngineError`, and the next session opens."""
    late = min([await _lateness(trial) for _ in range(TRIES)])
    allowed = trial.subject.cancel_s
    require(late <= allowed, f"`settle` went on for {late:.3f} s after `close`, and may for {allowed} s")
    with closing(await trial.open(trial.subject.language)) as stream:
        await trial.accept(stream, trial.subject.speech[: samples_of(100)])


async def errors_are_engine_errors(trial: Trial) -> None:
    """Whatever it refuses (a closed utterance, a language), it says so as the contract does. `close` may come twice."""
    stream = await trial.open(trial.subject.language)
    stream.close()
    stream.close()
    await engine_error_or(trial.accept(stream, trial.subject.speech[:1600]), "`accept` after `close`")
    await engine_error_or(trial.settle(stream), "`settle` after `close`")
    await engine_error_or(_opened_and_closed(trial, "xx"), "`open` with an unknown language")


async def abandoned_sessions_leave_nothing(trial: Trial) -> None:
    """No thread, file, process or memory, after as many utterances as `cycles` that nobody finished."""
    piece = trial.subject.speech[: samples_of(60)]

    async def session() -> None:
        with closing(await trial.open(trial.subject.language)) as stream:
            await trial.accept(stream, piece)

    await nothing_is_left(session, trial.subject)


CHECKS = (
    partial_texts_grow,
    every_declared_language_opens,
    the_text_does_not_depend_on_how_the_audio_was_cut,
    sessions_do_not_mix,
    settling_leaves_the_utterance_open,
    nothing_is_heard_in_nothing,
    closing_ends_a_call_in_flight,
    errors_are_engine_errors,
    abandoned_sessions_leave_nothing,
)


def _cut(pcm: Samples, pieces_ms: Sequence[int]) -> Iterator[Samples]:
    at, lengths = 0, cycle(pieces_ms)
    while at < len(pcm):
        piece = pcm[at : at + samples_of(next(lengths))]
        at += len(piece)
        yield piece


async def _understood(trial: Trial, pcm: Samples, pieces_ms: Sequence[int]) -> str:
    with closing(await trial.open(trial.subject.language)) as stream:
        for piece in _cut(pcm, pieces_ms):
            await trial.accept(stream, np.ascontiguousarray(piece))
        return (await trial.settle(stream)).text


async def _lateness(trial: Trial) -> float:
    """How long a `settle` goes on after its stream was closed."""
    with closing(await trial.open(trial.subject.language)) as stream:
        for pcm in _cut(trial.subject.speech, PIECES_MS[2]):
            await trial.accept(stream, pcm)
        closed_at, _ = await asyncio.gather(_closed(stream), _ended(trial, stream))
        return perf_counter() - closed_at


async def _closed(stream: Any) -> float:
    await asyncio.sleep(IN_FLIGHT_S)
    at = perf_counter()
    stream.close()
    return at


async def _ended(trial: Trial, stream: Any) -> None:
    await engine_error_or(trial.settle(stream), "`settle`, closed in mid-call,")


async def _opened_and_closed(trial: Trial, language: str) -> None:
    (await trial.open(language)).close()


def _is_recognition(result: Recognition) -> None:
    require(isinstance(result, Recognition), f"`settle` should return a Recognition, and gave {type(result).__name__}")
