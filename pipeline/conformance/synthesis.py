"""What a synthesiser is held to."""

from __future__ import annotations

import re
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter

import numpy as np

from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conformance.leaks import nothing_is_left
from pipeline.conformance.trial import TRIES, Trial, babble, engine_error_or, first_of, require
from pipeline.engines.protocols import SpeechChunk, SynthesisRequest, Voice, VoiceChoice, VoiceSample, WordTime

CHUNK_MS = 80
AUDIBLE = 300
LONG = 6
"""How many times `Subject.text` makes a long clause."""

CHARACTERS_PER_S = {"zh": (2.0, 9.0), "ja": (3.0, 14.0)}
OTHERS_PER_S = (7.0, 28.0)
"""Bounds of how quickly people speak, by language. A wrong `info.rate` is often caught by them."""

ALIKE = 0.15
"""Share by which two renderings of one clause may differ in length: engines put a little chance into theirs."""

SAMPLE_LANGUAGES = 6
SHOWN = {"zh": "你好，今天天气很好。", "ja": "こんにちは", "ko": "안녕하세요", "ru": "Добрый день", "ar": "مرحبا"}


async def audio_is_what_was_declared(trial: Trial) -> None:
    """Chunks of at most 80 ms of 16-bit mono; at the declared rate the clause lasts as long as a person would take."""
    chunks, rate, text = await _spoken(trial, _request(trial)), trial.engine.info.rate, trial.subject.text
    for chunk in chunks:
        require(isinstance(chunk, SpeechChunk), f"`speak` should give SpeechChunks, and gave {type(chunk).__name__}")
        require(chunk.pcm.dtype == np.int16 and chunk.pcm.ndim == 1, "`pcm` should be one row of int16")
        require(len(chunk.pcm) * 1000 <= CHUNK_MS * rate, f"a chunk lasts {len(chunk.pcm) * 1000 / rate:.0f} ms")
    pcm = _joined(chunks)
    require(_peak(pcm) > AUDIBLE, f"{text!r} is not audible")
    if trial.subject.meaningful:
        per_second = len(text) * rate / len(pcm)
        low, high = CHARACTERS_PER_S.get(trial.subject.language, OTHERS_PER_S)
        told = f"at {rate} Hz it speaks {per_second:.0f} characters a second; people speak {low:g} to {high:g}"
        require(low <= per_second <= high, told)


async def every_voice_and_language_is_heard(trial: Trial) -> None:
    """Each voice in its language, some of the languages that are declared, and a voice of any other name."""
    info = trial.engine.info
    languages = list(info.languages)[:: max(1, len(info.languages) // SAMPLE_LANGUAGES)]
    some = [*info.voices, *(Voice("", language) for language in languages), Voice("nobody-knows", "")]
    for voice in some:
        language = voice.language or trial.subject.language
        text = trial.subject.text if language == trial.subject.language else SHOWN.get(language, "Hello 1 2 3.")
        chunks = await _spoken(trial, SynthesisRequest(text, language, VoiceChoice(voice.id)))
        require(_peak(_joined(chunks)) > AUDIBLE, f"voice {voice.id!r} is not audible in language {language!r}")


async def the_first_sound_does_not_wait_for_the_last(trial: Trial) -> None:
    """Of a long clause the first chunk comes before half of the time is over; where the engine says that it streams."""
    if not trial.engine.info.streams:
        return
    shares = []
    for _ in range(TRIES):
        began, first = perf_counter(), 0.0
        async with aclosing(trial.speak(_request(trial, times=LONG))) as chunks:
            async for _chunk in chunks:
                first = first or perf_counter() - began
        shares.append(first / (perf_counter() - began))
    require(min(shares) <= 0.5, f"the first chunk came after {min(shares):.0%} of the time the clause took")


async def sessions_do_not_mix(trial: Trial) -> None:
    """Two clauses whose chunks are taken in turns sound as each does alone."""
    requests = _request(trial), _request(trial, times=2)
    alone = [await _spoken(trial, request) for request in requests]
    together: list[list[SpeechChunk]] = [[], []]
    async with aclosing(trial.speak(requests[0])) as first, aclosing(trial.speak(requests[1])) as second:
        clauses = dict(enumerate((first, second)))
        while clauses:
            for index, chunks in list(clauses.items()):
                chunk = await anext(chunks, None)
                if chunk is None:
                    del clauses[index]
                else:
                    together[index].append(chunk)
    for one, other in zip(alone, together, strict=True):
        require(_texts(one) == _texts(other), f"the words differ: {_texts(one)}, side by side {_texts(other)}")
        if trial.subject.deterministic:
            lengths = len(_joined(one)), len(_joined(other))
            apart = abs(lengths[0] - lengths[1]) / max(*lengths, 1)
            require(apart <= ALIKE, f"alone and side by side it lasts {lengths} samples")


async def cancelling_frees_it(trial: Trial) -> None:
    """The first sound of another clause comes no later than `cancel_s` after it would if nothing had been cancelled."""
    alone = min([(await first_of(trial.speak(_request(trial))))[1] for _ in range(TRIES)])
    after = []
    for _ in range(TRIES):
        abandoned = trial.speak(_request(trial, times=LONG))
        await anext(abandoned)
        began = perf_counter()
        await abandoned.aclose()
        await first_of(trial.speak(_request(trial)))
        after.append(perf_counter() - began)
    late, allowed = min(after) - alone, trial.subject.cancel_s
    require(late <= allowed, f"after a cancelled clause the next began {late:.3f} s late, and may {allowed} s")


async def words_are_timed_where_that_is_declared(trial: Trial) -> None:
    """`info.times_words`: every word of the clause, in order, in the chunk in which it begins; else none."""
    chunks, rate = await _spoken(trial, _request(trial)), trial.engine.info.rate
    words = [word for chunk in chunks for word in chunk.words]
    if not trial.engine.info.times_words:
        require(not words, "`info.times_words` is false, but words came")
        return
    wanted, got = _letters(trial.subject.text), _letters("".join(word.text for word in words))
    require(got == wanted, f"the words should join to {wanted!r}, and join to {got!r}")
    misplaced = _misplaced(chunks, rate)
    require(not misplaced, f"these begin in another chunk, end before they begin, or overlap: {misplaced}")
    duration_ms = len(_joined(chunks)) * 1000 / rate
    require(
        words[-1].end_ms <= duration_ms + CHUNK_MS, f"the last word ends at {words[-1].end_ms} of {duration_ms:.0f} ms"
    )


async def styles_are_heard_where_that_is_declared(trial: Trial) -> None:
    """`info.styles`: a tired whisper differs from excitement; else a style changes nothing, and is never an error."""
    pcm = {style: _joined(await _spoken(trial, _request(trial, style=style))) for style in ("", "excited", "whisper")}
    require(all(map(len, pcm.values())), "a style made the clause silent")
    if trial.engine.info.styles and trial.subject.meaningful:
        loud, quiet = _level(pcm["excited"]), _level(pcm["whisper"])
        require(quiet < 0.8 * loud, f"a whisper is at {quiet / loud:.0%} of the level of excited speech")
        require(len(pcm["excited"]) < 0.95 * len(pcm["whisper"]), "excited speech is not quicker than a whisper")
    elif trial.subject.deterministic and not trial.engine.info.styles:
        apart = abs(len(pcm["excited"]) - len(pcm[""])) / len(pcm[""])
        require(apart < 0.05, f"`info.styles` is false, but 'excited' changes the length by {apart:.0%}")


async def samples_are_followed_where_that_is_declared(trial: Trial) -> None:
    """`info.clones`: two people's samples give two sounds; else a sample is never an error."""
    sounds = []
    for hertz in (110.0, 220.0):
        sample = VoiceSample(babble(4.0, hertz), LINE_RATE, "Good morning to you all.")
        sounds.append(_joined(await _spoken(trial, _request(trial, sample=sample))))
    require(all(_peak(pcm) > AUDIBLE for pcm in sounds), "with a voice sample the clause is not audible")
    if trial.engine.info.clones:
        require(
            not np.array_equal(sounds[0], sounds[1]), "`info.clones` is true, but two samples give the very same sound"
        )


async def what_cannot_be_said_is_silence_or_refused(trial: Trial) -> None:
    """Nothing, punctuation, emoji and another script: little sound or an `EngineError`, and the next clause is heard."""
    for text in ("", "…", "👍🏽", "\0", "1e99 $%&", "Ωμέγα 你好", "a" * 500):
        await engine_error_or(_spoken(trial, replace(_request(trial), text=text)), f"speaking {text[:20]!r}")
    await engine_error_or(first_of(trial.speak(_request(trial, times=500))), "speaking a clause without end")
    require(
        _peak(_joined(await _spoken(trial, _request(trial)))) > AUDIBLE, "after odd texts nothing is audible any more"
    )


async def abandoned_sessions_leave_nothing(trial: Trial) -> None:
    """No thread, file, process or memory, after as many clauses as `cycles` that nobody heard to their end."""

    async def session() -> None:
        await first_of(trial.speak(_request(trial)))

    await nothing_is_left(session, trial.subject)


CHECKS = (
    audio_is_what_was_declared,
    every_voice_and_language_is_heard,
    the_first_sound_does_not_wait_for_the_last,
    sessions_do_not_mix,
    cancelling_frees_it,
    words_are_timed_where_that_is_declared,
    styles_are_heard_where_that_is_declared,
    samples_are_followed_where_that_is_declared,
    what_cannot_be_said_is_silence_or_refused,
    abandoned_sessions_leave_nothing,
)


def _request(trial: Trial, *, times: int = 1, style: str = "", sample: VoiceSample | None = None) -> SynthesisRequest:
    voices = trial.engine.info.voices
    language = trial.subject.language
    voice = next((voice.id for voice in voices if voice.language == language), "")
    text = " ".join([trial.subject.text] * times)
    return SynthesisRequest(text, language, VoiceChoice(voice, style=style, sample=sample))


async def _spoken(trial: Trial, request: SynthesisRequest) -> list[SpeechChunk]:
    async with aclosing(trial.speak(request)) as chunks:
        return [chunk async for chunk in chunks]


def _joined(chunks: list[SpeechChunk]) -> Samples:
    return np.concatenate([chunk.pcm for chunk in chunks]) if chunks else np.zeros(0, np.int16)


def _peak(pcm: Samples) -> int:
    return int(np.abs(pcm.astype(np.int32)).max(initial=0))


def _level(pcm: Samples) -> float:
    return float(np.sqrt(np.square(pcm.astype(np.float64)).mean()))


def _texts(chunks: list[SpeechChunk]) -> list[str]:
    return [word.text for chunk in chunks for word in chunk.words]


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _misplaced(chunks: list[SpeechChunk], rate: int) -> list[WordTime]:
    wrong, at, before = list[WordTime](), 0, 0
    for chunk in chunks:
        end = at + len(chunk.pcm)
        for word in chunk.words:
            here = at * 1000 // rate <= word.start_ms <= end * 1000 // rate
            if not here or not before <= word.start_ms <= word.end_ms:
                wrong.append(word)
            before = word.end_ms
        at = end
    return wrong
