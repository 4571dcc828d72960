"""What every engine must keep to, as one suite that anybody can run over theirs: the standard library and numpy suffice.

    with Trial(Subject("synthesizer", make=create)) as trial:
        for check in checks("synthesizer"):
            trial.run(check)          # raises Nonconformity, whose message says what was expected and what came

or, for an engine that is installed, `python -m pipeline.conformance synthesizer NAME`. An engine is used as a session uses
it: over `Workers`, on an event loop, whether it blocks or not. What an engine declares about itself must be true; what it
does not declare is not asked of it. See docs/engines.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.conformance import chat, detection, recognition, synthesis
from pipeline.conformance.declarations import declares_itself
from pipeline.conformance.trial import Check, Nonconformity, Subject, Trial
from pipeline.engines.protocols import Role

__all__ = ["Check", "Nonconformity", "Subject", "Trial", "checks"]

CHECKS: Mapping[Role, tuple[Check, ...]] = {
    "voice_detector": detection.DETECTOR_CHECKS,
    "turn_model": detection.TURN_MODEL_CHECKS,
    "recognizer": recognition.CHECKS,
    "chat_model": chat.CHECKS,
    "synthesizer": synthesis.CHECKS,
}


def checks(role: Role) -> tuple[Check, ...]:
    """Everything that an engine of this role is held to; each check is named for what it finds true."""
    return (declares_itself, *CHECKS[role])
