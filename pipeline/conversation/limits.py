"""The bounds of a session and its parts, with their units."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RecognitionLimits:
    """Bounds of one utterance's recognition.

    settle_s: how long the final words may take; open_s: how long to wait for a free recogniser.
    stall_s: bound on any single call; longest_s: audio beyond this is not recognised.
    starved_s: silence is assumed when a client sends nothing for this long in the middle of a turn.
    """

    settle_s: float = 0.9
    open_s: float = 15.0
    stall_s: float = 10.0
    longest_s: float = 90.0
    starved_s: float = 1.0


@dataclass(frozen=True, slots=True)
class SpeakingLimits:
    """Bounds of one answer.

    speech_model_s: how long a speech model may be silent (a language model is bounded by its chain); audio_s: likewise
    the synthesiser.
    longest_s: audio after which an answer ends; longest_characters: likewise its text.
    lead_s: how far audio may be sent ahead of what the person hears.
    """

    speech_model_s: float = 20.0
    audio_s: float = 8.0
    longest_s: float = 300.0
    longest_characters: int = 8_000
    lead_s: float = 2.0


@dataclass(frozen=True, slots=True)
class PromptLimits:
    """How many tokens the language model is shown, by the estimate of `pipeline/text/tokens.py`.

    tokens: at most, of all together. window: what a model that does not tell can read and write. answer_tokens: of the
    window, kept free for the answer. known_tokens: for what `SessionConfig.sources` know; summary_tokens: for what was
    said before the turns that are shown word for word.
    """

    tokens: int = 6_000
    window: int = 8_192
    answer_tokens: int = 600
    known_tokens: int = 1_500
    summary_tokens: int = 600


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Bounds of one session.

    queued_audio_s: audio that may wait for a slow client. manual_audio_s: audio kept until a client commits it.
    sources_s: how long an answer may wait for `SessionConfig.sources`. items: of a longer one the oldest leave.
    out_of_band: answers outside the conversation that may run at once. speculations_per_minute: answers that may be prepared
    in a pause and turn out wrong.
    """

    queued_audio_s: float = 4.0
    manual_audio_s: float = 300.0
    sources_s: float = 0.15
    items: int = 2_000
    out_of_band: int = 4
    speculations_per_minute: int = 20
    prompt: PromptLimits = field(default_factory=PromptLimits)
    recognition: RecognitionLimits = field(default_factory=RecognitionLimits)
    speaking: SpeakingLimits = field(default_factory=SpeakingLimits)
