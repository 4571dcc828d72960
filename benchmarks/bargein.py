"""`bench bargein`: how soon the character falls silent when somebody speaks, and how often it does so for nothing.

Two parts. In real time, over the loopback, with a player that obeys as the page's does: from the first voiced sample to
the last audible one. Then rehearsed, faster than real time, many more sounds over a reply: how many interruptions are
taken, and how many listeners' noises, other noises and echoes of the character's own voice are taken for one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.listener import Case, Heard, converse
from benchmarks.recordings import BESIDE, Clip, english_clips
from benchmarks.rehearsal import Outcome, Scene, rehearse
from benchmarks.scoring import percentile
from benchmarks.serving import server
from benchmarks.sounds import VOICE_DBFS, Room, Spoken, at_level, backchannels, noises, say
from pipeline.audio.samples import LINE_RATE, Samples, samples_of
from pipeline.engines import registry
from pipeline.engines.protocols import Synthesizer

REPLY_DBFS = -20.0
REPLIES = (
    (
        "female",
        "Well, I think that the sea is older than every question we could ask about it, and that is why we keep asking. "
        "Some people listen to it for an hour and call that an answer. What would you ask it first?",
    ),
    (
        "male",
        "Let me tell you a story about a lighthouse keeper who counted the waves every night until he forgot his own "
        "name, and found it again in the morning, written in the log in his own hand. Nobody ever asked him how.",
    ),
)
COMMANDS = ("stop", "wait", "no", "what", "hold on")
LONGEST_S = 12.0
SPOKEN_S = 2.5
LIVE_CLIPS = 8
ECHO_S = 7.0
ECHO_DELAYS_MS = (50, 100, 150, 200, 250, 300)
CONFIG = 'engines = "stub"\nrecognizer = "pocketsphinx"\nsynthesizer = "embedded"\n'
"""The stub's model counts to a hundred, which is long enough to be interrupted."""


def scenes(clips: Sequence[Clip], synthesizer: Synthesizer) -> Iterator[Scene]:
    """Everything that is rehearsed, kind by kind."""
    rng = np.random.default_rng(0)
    replies = [_levelled(say(synthesizer, text, voice)) for voice, text in REPLIES]
    people = [(clip.name, at_level(clip.pcm[: int(SPOKEN_S * LINE_RATE)], VOICE_DBFS)) for clip in clips]
    orders = [
        (f"{text} ({voice})", at_level(say(synthesizer, text, voice).pcm, VOICE_DBFS))
        for text in COMMANDS
        for voice in ("female", "male")
    ]
    listeners = list(backchannels(synthesizer))
    nothing = np.zeros(int(ECHO_S * LINE_RATE), np.int16)

    def over(kind: str, sounds: Sequence[tuple[str, Samples]], room: Room | None = None) -> Iterator[Scene]:
        for reply in replies:
            for name, sound in sounds:
                yield Scene(kind, name, reply, sound, float(rng.uniform(1.5, 5.0)), room)

    yield from over("interruption", people)
    yield from over("interruption over echo -20 dB", people, Room(-20, 120))
    yield from over("interruption over echo -10 dB", people, Room(-10, 120))
    yield from over('short order ("stop")', orders)
    yield from over("backchannel", listeners)
    yield from over("backchannel over echo -20 dB", listeners, Room(-20, 120))
    yield from over("noise", list(noises()))
    for gain_db in (-20, -10):
        for delay_ms in ECHO_DELAYS_MS:
            yield from over(f"echo {gain_db} dB", [(f"{delay_ms} ms", nothing)], Room(gain_db, delay_ms, delay_ms))


def cases(clips: Sequence[Clip], synthesizer: Synthesizer) -> Iterator[Case]:
    """What happens in real time: a handful of each kind."""
    nothing, begins_s = np.zeros(samples_of(5_000), np.int16), 2.0
    for clip in clips[:: max(1, len(clips) // LIVE_CLIPS)][:LIVE_CLIPS]:
        sound = at_level(clip.pcm[: int(SPOKEN_S * LINE_RATE)], VOICE_DBFS)
        begins_s += 0.17  # so that the voice falls on different words, and on different parts of a frame
        yield Case(clip.name, sound, begins_s, interrupts=True)
    for text in ("yeah", "okay", "uh-huh"):
        sound = at_level(say(synthesizer, text, "female").pcm, VOICE_DBFS)
        yield Case(f'"{text}"', sound, begins_s, interrupts=False)
    for room in (Room(-20, 100), Room(-10, 250)):
        yield Case(f"echo {room.gain_db:g} dB, {room.delay_ms:g} ms", nothing, 0.0, interrupts=False, room=room)


def summary(live: Sequence[Heard], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of a run."""
    spoken = [case for case in live if case.voiced]
    return {
        "live": {
            "cases": len(live),
            "pause_ms": _spread([case.pause_ms for case in spoken if case.pause_ms is not None]),
            "last_audible_ms": _spread([case.last_audible_ms for case in spoken if case.last_audible_ms is not None]),
            "as_expected": sum(case.right for case in live),
        },
        "rehearsed": {kind: _rates(list(group)) for kind, group in _by_kind(outcomes)},
    }


def table(live: Sequence[Heard], figures: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"{'in real time':32} {'pause':>8} {'last sound':>11}  outcome"]
    for case in live:
        pause, last = (f"{ms:.0f} ms" if ms is not None else "" for ms in (case.pause_ms, case.last_audible_ms))
        lines.append(f"{case.name:32} {pause:>8} {last:>11}  {case.outcome}{'' if case.right else '  (wrong)'}")
    for name, spread in figures["live"].items():
        if isinstance(spread, dict):
            lines.append(f"{name}: p50 {spread['p50']}, p95 {spread['p95']}, most {spread['most']}")
    head = f"{'cases':>5} {'interrupted':>11} {'paused':>6} {'after':>11} {'silent for':>15}"
    lines.append(f"\n{'rehearsed (ms are p50, p95)':32} {head}")
    for kind, rates in figures["rehearsed"].items():
        after, silent = (f"{rates[name]['p50']}, {rates[name]['p95']}" for name in ("pause_ms", "quiet_ms"))
        shares = f"{rates['interrupted']:>11.1%} {rates['paused']:>6.0%}"
        lines.append(f"{kind:32} {rates['cases']:>5} {shares} {after:>11} {silent:>15}")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 if no more went wrong than is known to."""
    parser = argparse.ArgumentParser(prog="run.py bench bargein", description=__doc__)
    parser.add_argument("--speech", type=Path, default=BESIDE, help="folder of recordings with an index.json")
    parser.add_argument("--part", choices=("live", "rehearsed", "both"), default="both")
    parser.add_argument("--only", default="", help="rehearse only kinds that begin with this")
    parser.add_argument("--each", action="store_true", help="print every rehearsed scene")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args(arguments)
    try:
        clips = english_clips(options.speech, LONGEST_S)
    except FileNotFoundError as error:
        print(error)
        return 2
    synthesizer = registry.create("synthesizer", "embedded")
    live = _live(clips, synthesizer) if options.part != "rehearsed" else []
    outcomes = _rehearsed(clips, synthesizer, options.only, options.each) if options.part != "live" else []
    figures = summary(live, outcomes)
    print(table(live, figures))
    report = json.dumps({**figures, "each": [asdict(case) for case in (*live, *outcomes)]}, indent=1)
    if options.json:
        options.json.write_text(report)
    else:
        print(json.dumps(figures))
    return 0 if all(case.right for case in live) else 1


def _rehearsed(clips: Sequence[Clip], synthesizer: Synthesizer, only: str, each: bool) -> list[Outcome]:
    detector, recognizer = registry.create("voice_detector", "silero"), registry.create("recognizer", "pocketsphinx")
    outcomes = list[Outcome]()
    try:
        chosen = [scene for scene in scenes(clips, synthesizer) if scene.kind.startswith(only)]
        for outcome in rehearse(chosen, detector, recognizer):
            outcomes.append(outcome)
            if each:
                print(outcome)
    finally:
        recognizer.close()
    return outcomes


def _live(clips: Sequence[Clip], synthesizer: Synthesizer) -> list[Heard]:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "kaikou.toml")
        config.write_text(CONFIG)
        with server("--config", str(config)) as (address, _process):
            return asyncio.run(converse(address, list(cases(clips, synthesizer))))


def _levelled(spoken: Spoken) -> Spoken:
    return Spoken(spoken.text, at_level(spoken.pcm, REPLY_DBFS), spoken.words)


def _by_kind(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Iterator[Outcome]]]:
    return groupby(outcomes, key=lambda outcome: outcome.kind)


def _rates(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "cases": len(outcomes),
        "interrupted": round(sum(outcome.interrupted_ms is not None for outcome in outcomes) / len(outcomes), 3),
        "paused": round(sum(bool(outcome.pauses_ms) for outcome in outcomes) / len(outcomes), 3),
        "pause_ms": _spread([min(ms) for outcome in outcomes if (ms := [at for at in outcome.pauses_ms if at > -200])]),
        "quiet_ms": _spread([outcome.quiet_ms for outcome in outcomes]),
    }


def _spread(values: Sequence[float]) -> dict[str, int | None]:
    return {
        name: None if (value := percentile(values, share)) is None else round(value)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("most", 1.0))
    }
