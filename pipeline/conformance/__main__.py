"""`python -m pipeline.conformance ROLE NAME [SETTING=VALUE …]`: try an engine that is installed here.

What it hears is a sentence of our own embedded voice.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import cast, get_args

import numpy as np

from pipeline.audio.resample import Resampler
from pipeline.audio.samples import LINE_RATE, Samples
from pipeline.conformance import Nonconformity, Subject, Trial, checks
from pipeline.conformance.trial import babble
from pipeline.engines import registry
from pipeline.engines.protocols import Role, SynthesisRequest, VoiceChoice
from pipeline.errors import EngineError, KaikouError

SENTENCE = "Go forward ten meters, and then tell me what you see."


def main() -> int:
    """Print how each check went; 0 if the engine keeps to all of them."""
    if len(sys.argv) < 3 or sys.argv[1] not in get_args(Role):
        print(f"usage: python -m pipeline.conformance {{{','.join(get_args(Role))}}} NAME [SETTING=VALUE …]")
        return 2
    role, name = cast(Role, sys.argv[1]), sys.argv[2]
    settings = dict(argument.split("=", 1) for argument in sys.argv[3:])
    failures = 0
    try:
        subject = Subject(role, partial(registry.create, role, name, settings), name, speech=_sentence())
        with Trial(subject) as trial:
            for check in checks(role):
                failures += not _passes(trial, check)
    except KaikouError as error:
        print(error.message)
        return 1
    return 1 if failures else 0


def _sentence() -> Samples:
    try:
        voice = registry.create("synthesizer", "embedded")
    except EngineError:
        return babble()
    try:
        chunks = [chunk.pcm for chunk in voice.speak(SynthesisRequest(SENTENCE, voice=VoiceChoice("male")))]
    finally:
        voice.close()
    return Resampler(voice.info.rate, LINE_RATE)(np.concatenate(chunks))


def _passes(trial: Trial, check: object) -> bool:
    title = str(getattr(check, "__name__", check)).replace("_", " ")
    try:
        trial.run(check)  # type: ignore[arg-type]
    except Nonconformity as failure:
        print(f"FAILED  {title}: {failure}")
        return False
    print(f"ok      {title}")
    return True


sys.exit(main())
