from __future__ import annotations

import numpy as np

from pipeline.engines.protocols import VoiceChoice, VoiceSample


def test_choices_of_a_voice_are_the_same_only_with_the_same_sample() -> None:
    one, other = (VoiceSample(np.zeros(16_000, np.int16), 16_000) for _ in range(2))

    assert VoiceChoice(sample=one) == VoiceChoice(sample=one)
    assert VoiceChoice(sample=one) != VoiceChoice(sample=other)
    assert len({VoiceChoice(sample=one), VoiceChoice(sample=one), VoiceChoice(sample=other)}) == 2
