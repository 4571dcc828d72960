"""How turns are taken when a speech model hears them: by sound, since their words come late or never."""

from __future__ import annotations

import pytest

from pipeline.speech_model.client import policy_without_words
from pipeline.turns.dialogue import BargeIn, Dialogue, Policy
from pipeline.turns.events import SpeechStarted, SpeechStopped, StartReply, UtteranceRecognized
from pipeline.turns.interruption import Sound, Verdict

POLICY = policy_without_words(Policy(barge_in=BargeIn.CONFIRMED, speculate=True))


@pytest.mark.parametrize(
    ("text", "sound", "verdict"),
    [
        ("", Sound(voiced_ms=900), Verdict.INTERRUPTION),
        ("", Sound(voiced_ms=300), Verdict.NOISE),
        ("", Sound(voiced_ms=600, soft=True), Verdict.NOISE),
        ("", Sound(voiced_ms=900, echo=0.9), Verdict.ECHO),
        ("mm-hmm", Sound(voiced_ms=900), Verdict.BACKCHANNEL),
        ("stop", Sound(voiced_ms=300), Verdict.INTERRUPTION),
    ],
)
def test_a_voice_over_the_reply_is_judged_by_its_words_or_else_by_its_length(
    text: str, sound: Sound, verdict: Verdict
) -> None:
    assert POLICY.judge(text, sound, final=True) is verdict


def test_nothing_is_decided_without_words_while_they_may_still_come() -> None:
    assert POLICY.judge("", Sound(voiced_ms=900), final=False) is None


def test_a_turn_without_words_is_answered_and_never_speculated_about() -> None:
    dialogue = Dialogue(POLICY)
    for event in (SpeechStarted(0), SpeechStopped(100, ended=80)):
        dialogue.receive(event)

    assert dialogue.receive(UtteranceRecognized(1, "")) == [StartReply(1, 1)]
    assert not POLICY.speculate
