"""How well each installed voice is understood: twenty sentences a language, heard by the best recogniser that is here."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from functools import partial
from statistics import fmean
from time import perf_counter
from typing import Any, TypeAlias

import numpy as np

from benchmarks.engine_probe import options_of
from benchmarks.scoring import spaced, word_errors
from benchmarks.sentences import SENTENCES
from benchmarks.speech_sound import sound
from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conformance import Subject, Trial
from pipeline.engines import registry
from pipeline.engines.protocols import EngineInfo, Role, SynthesisRequest, VoiceChoice
from pipeline.errors import EngineError, SettingError

RECOGNIZERS = ("whisper", "sherpa", "funasr", "pocketsphinx")
"""Best first."""
SILENCE_MS = 300
"""Before and after each sentence, as in a conversation."""
SETTLE_S = 30.0
SAME_SOUND = str.maketrans("她它妳著嘛哪", "他他你着吗那")
"""Characters that even people cannot tell apart by ear, or that are two ways to write one."""

Row: TypeAlias = dict[str, Any]
COLUMNS: Mapping[str, tuple[str, str]] = {
    "error_rate": ("errors", "{:.3f}"),
    "syllable_error_rate": ("syllable errors", "{:.3f}"),
    "level_dbfs": ("level", "{:.0f} dB"),
    "lead_ms": ("silence before", "{:.0f} ms"),
    "trail_ms": ("after", "{:.0f} ms"),
    "gap_ms": ("longest within", "{:.0f} ms"),
    "click": ("largest step", "{:.1f}"),
    "real_time_factor": ("real-time factor", "{:.3f}"),
}


def add_options(group: Any) -> None:
    """The options of this part."""
    group.add_argument(
        "--only", action="append", default=[], metavar="ENGINE", help="just this synthesiser; repeatable"
    )
    group.add_argument("--recognizer", help="the one that listens, instead of the best that is here")
    group.add_argument("--voices", type=int, default=4, help="at most this many of an engine in each language")
    group.add_argument("--voice", action="append", default=[], help="just the voice with this id; repeatable")
    group.add_argument("--sentences", type=int, default=20, help="at most this many in each language")
    group.add_argument(
        "--weights",
        action="append",
        default=[],
        metavar="ENGINE=FOLDER",
        help="where an engine's weights lie, if not among those that `models pull` installed; repeatable",
    )


def measured(options: argparse.Namespace) -> list[Row]:
    """A row for each voice and language, or for each engine that cannot speak here, with the reason."""
    folders = _folders(options.weights)
    rows = list[Row]()
    with ExitStack() as stack:
        listeners = Listeners(stack, folders, options.recognizer)
        for name in registry.names("synthesizer"):
            if name == "stub" or (options.only and name not in options.only):
                continue
            try:
                with Trial(Subject("synthesizer", _maker("synthesizer", name, folders), name)) as trial:
                    rows += _voices_of(trial, listeners, options)
            except (EngineError, SettingError) as error:
                rows.append({"engine": name, "not_measured": error.message})
    return rows


def table(rows: Sequence[Row]) -> str:
    """The figures for people, in Markdown."""
    lines = [f"| {' | '.join(['voice', 'language', *(title for title, _ in COLUMNS.values())])} |"]
    lines.append("|" + " --- |" * (len(COLUMNS) + 2))
    for row in rows:
        if "not_measured" not in row:
            cells = [form.format(row[key]) if row.get(key) is not None else "" for key, (_, form) in COLUMNS.items()]
            lines.append(f"| {row['engine']} {row['voice']} | {row['language']} | {' | '.join(cells)} |")
    missing = [f"{row['engine']}: {row['not_measured']}" for row in rows if "not_measured" in row]
    return "\n".join([*lines, "", *missing])


class Listeners:
    """The recogniser for each language: made when it is first asked for, and closed with `stack`."""

    def __init__(self, stack: ExitStack, folders: Mapping[str, str], named: str | None) -> None:
        self._stack = stack
        self._folders = folders
        self._names = (named,) if named else RECOGNIZERS
        self._trials = dict[str, Trial | None]()

    def hear(self, pcm: Samples, language: str) -> str | None:
        """What was said, at 16 kHz; None if nothing here understands the language."""
        for name in self._names:
            trial = self._trial(name)
            if trial and (not trial.engine.info.languages or language in trial.engine.info.languages):
                return _understood(trial, pcm, language)
        return None

    def _trial(self, name: str) -> Trial | None:
        if name not in self._trials:
            try:
                subject = Subject("recognizer", _maker("recognizer", name, self._folders), name)
                self._trials[name] = self._stack.enter_context(Trial(subject))
            except (EngineError, SettingError) as error:
                print(f"{name} does not listen: {error.message}", file=sys.stderr)
                self._trials[name] = None
        return self._trials[name]


def syllables(text: str) -> str | None:
    """Chinese without tones in pinyin, so that a homophone is no mistake; None without pypinyin."""
    try:
        from pypinyin import lazy_pinyin
    except ImportError:
        return None
    return " ".join(lazy_pinyin("".join(re.findall(r"[\u3400-\u9fff]", text))))


def _voices_of(trial: Trial, listeners: Listeners, options: argparse.Namespace) -> Iterator[Row]:
    info: EngineInfo = trial.engine.info
    for language, sentences in SENTENCES.items():
        if info.languages and language not in info.languages:
            continue
        known = [voice.id for voice in info.voices if voice.language == language] or [""]
        chosen = [voice for voice in known if not options.voice or voice in options.voice][: options.voices]
        for voice in chosen:
            print(f"{info.name} {voice} {language} ...", file=sys.stderr, flush=True)
            row = _measure(trial, listeners, sentences[: options.sentences], language, voice)
            yield {"engine": info.name, "voice": voice, "language": language} | row


def _measure(trial: Trial, listeners: Listeners, sentences: Sequence[str], language: str, voice: str) -> Row:
    rate = trial.engine.info.rate
    sounds, busy, seconds = list[dict[str, float]](), 0.0, 0.0
    heard = list[tuple[str, str]]()
    for text in sentences:
        began = perf_counter()
        pieces = _spoken(trial, SynthesisRequest(text, language, VoiceChoice(voice)))
        busy += perf_counter() - began
        seconds += sum(map(len, pieces)) / rate
        sounds.append(asdict(sound(pieces, rate)))
        understood = listeners.hear(_at_line_rate(pieces, rate), language)
        if understood is not None:
            heard.append((text, understood))
    means = {key: round(fmean(each[key] for each in sounds), 1) for key in ("level_dbfs", "lead_ms", "trail_ms")}
    return {
        **means,
        "gap_ms": max(each["gap_ms"] for each in sounds),
        "click": max(each["click"] for each in sounds),
        "real_time_factor": round(busy / max(seconds, 1e-3), 4),
        **_errors(heard, language),
    }


def _errors(heard: Sequence[tuple[str, str]], language: str) -> Row:
    """Shares of the words, in Chinese of the characters, and of its syllables."""
    pairs = [(spaced(text.translate(SAME_SOUND)), spaced(got.translate(SAME_SOUND))) for text, got in heard]
    row: Row = {"error_rate": _rate(pairs), "heard": [list(pair) for pair in heard]}
    if language == "zh" and syllables("") is not None:
        row["syllable_error_rate"] = _rate([(syllables(text) or "", syllables(got) or "") for text, got in heard])
    return row


def _rate(pairs: Sequence[tuple[str, str]]) -> float | None:
    counted = [word_errors(*pair) for pair in pairs]
    words = sum(words for _, words in counted)
    return round(sum(wrong for wrong, _ in counted) / words, 4) if words else None


def _spoken(trial: Trial, request: SynthesisRequest) -> list[Samples]:
    pieces = list[Samples]()

    async def speak(trial: Trial) -> None:
        pieces.extend([chunk.pcm async for chunk in trial.speak(request)])

    trial.run(speak)
    return pieces


def _understood(trial: Trial, pcm: Samples, language: str) -> str:
    found = list[str]()

    async def listen(trial: Trial) -> None:
        with closing(await trial.open(language)) as stream:
            await trial.accept(stream, pcm)  # at once: partial texts are not asked for, and cost the most
            settle = partial(stream.settle, SETTLE_S)
            found.append((await trial.workers.call(settle, timeout_s=2 * SETTLE_S)).text)

    trial.run(listen)
    return found[0]


def _at_line_rate(pieces: Sequence[Samples], rate: int) -> Samples:
    silence = np.zeros(LINE_RATE * SILENCE_MS // 1000, np.int16)
    pcm = np.concatenate([*pieces, np.zeros(0, np.int16)]).astype(np.int16)
    return np.concatenate([silence, Resampler(rate, LINE_RATE)(pcm), silence])


def _maker(role: Role, name: str, folders: Mapping[str, str]) -> Any:
    settings = {"weights": folders[name]} if name in folders else options_of(role, name)
    return partial(registry.create, role, name, settings)


def _folders(given: Sequence[str]) -> dict[str, str]:
    """Where weights lie by the name of their engine."""
    return {engine: folder for engine, _, folder in (each.partition("=") for each in given)}
