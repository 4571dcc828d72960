"""What a voice detector and a turn model are held to. Both answer with a probability."""

from __future__ import annotations

import asyncio
from functools import partial

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conformance.leaks import nothing_is_left
from pipeline.conformance.trial import PATIENCE_S, Trial, require

SILENCE = np.zeros(LINE_RATE, np.int16)
ALIKE = 1e-4


async def windows_get_probabilities(trial: Trial) -> None:
    """Between 0 and 1 for every window; where it means something, high in speech and low in silence."""
    heard, quiet = _probabilities(trial, trial.subject.speech), _probabilities(trial, SILENCE)
    require(all(0 <= value <= 1 for value in heard + quiet), "a probability is not between 0 and 1")
    if trial.subject.meaningful:
        require(max(heard) > 0.5, f"in speech it never exceeds {max(heard):.2f}")
        require(max(quiet) < 0.5, f"in digital silence it reaches {max(quiet):.2f}")


async def streams_do_not_mix(trial: Trial) -> None:
    """Two microphones that take turns are judged as each is alone, and as they were the first time."""
    speech = trial.subject.speech
    both = [_windows(trial, one) for one in (speech, SILENCE)]
    alone = [_probabilities(trial, one) for one in (speech, SILENCE)]
    streams = [trial.engine.open(), trial.engine.open()]
    together: list[list[float]] = [[], []]
    for index in range(max(map(len, both))):
        for stream, windows, found in zip(streams, both, together, strict=True):
            if index < len(windows):
                found.append(stream.probability(windows[index]))
    same = all(np.allclose(one, other, atol=ALIKE) for one, other in zip(alone, together, strict=True))
    require(same, "two streams side by side are judged otherwise than each alone")


async def streams_in_one_pass_do_not_mix(trial: Trial) -> None:
    """Where there is `probabilities`: two microphones in one pass are judged as each is alone."""
    together = getattr(trial.engine, "probabilities", None)
    if together is None:
        return
    speech = trial.subject.speech
    streams = [trial.engine.open(), trial.engine.open()]
    windows = zip(_windows(trial, speech), _windows(trial, speech[::-1].copy()), strict=True)
    found = np.transpose([list(together(streams, pair)) for pair in windows])
    alone = [_probabilities(trial, one) for one in (speech, speech[::-1].copy())]
    require(np.allclose(found, alone, atol=ALIKE), "two streams in one pass are judged otherwise than each alone")
    require(len(together([], [])) == 0, "no streams at all have probabilities")


async def abandoned_streams_leave_nothing(trial: Trial) -> None:
    """No thread, file, process or memory."""
    window = _windows(trial, trial.subject.speech)[0]

    async def session() -> None:
        trial.engine.open().probability(window)

    await nothing_is_left(session, trial.subject)


async def turns_get_probabilities(trial: Trial) -> None:
    """Between 0 and 1, for much audio and for little."""
    speech = trial.subject.speech
    for pcm in (speech, speech[: LINE_RATE // 4], speech[:0], SILENCE, np.tile(speech, 4)[: 8 * LINE_RATE]):
        found = await _complete(trial, pcm)
        require(0 <= found <= 1, f"for {len(pcm) / LINE_RATE:g} s of audio the probability is {found}")


async def calls_stand_alone(trial: Trial) -> None:
    """The same audio gets the same answer, whatever else is asked at the same time."""
    speech = trial.subject.speech
    first = await _complete(trial, speech)
    others = await asyncio.gather(*(_complete(trial, pcm) for pcm in (speech, SILENCE, speech, speech[LINE_RATE:])))
    require(abs(others[0] - first) < ALIKE, f"asked twice, it answers {first} and {others[0]}")
    require(abs(others[2] - first) < ALIKE, f"asked among others, it answers {others[2]} instead of {first}")


async def calls_leave_nothing(trial: Trial) -> None:
    """No thread, file, process or memory."""
    speech = trial.subject.speech[:LINE_RATE]

    async def session() -> None:
        await _complete(trial, speech)

    await nothing_is_left(session, trial.subject)


DETECTOR_CHECKS = (
    windows_get_probabilities,
    streams_do_not_mix,
    streams_in_one_pass_do_not_mix,
    abandoned_streams_leave_nothing,
)
TURN_MODEL_CHECKS = (turns_get_probabilities, calls_stand_alone, calls_leave_nothing)


def _windows(trial: Trial, pcm: Samples) -> list[Samples]:
    size = trial.engine.window
    return [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]


def _probabilities(trial: Trial, pcm: Samples) -> list[float]:
    stream = trial.engine.open()
    return [stream.probability(window) for window in _windows(trial, pcm)]


async def _complete(trial: Trial, pcm: Samples) -> float:
    return await trial.workers.call(partial(trial.engine.probability, pcm), timeout_s=PATIENCE_S)
