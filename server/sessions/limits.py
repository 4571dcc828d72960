"""What the settings mean to every session: what holds where its client says nothing, and its bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pipeline.conversation.limits import PromptLimits, RecognitionLimits, SessionLimits, SpeakingLimits
from pipeline.turns.endpoint import Endpointing
from pipeline.turns.wait import Waits
from server.engines.bulkheads import BACKSTOP_S, OPEN_S, longest_turn_s
from server.engines.loaded import LoadedEngines
from server.protocol.session_object import Defaults
from server.settings import Settings
from server.settings.conversations import TurnSettings

DefaultsOf: TypeAlias = Callable[[LoadedEngines], Defaults]
"""What holds in a session that begins with these engines."""


def session_defaults(turns: TurnSettings, loaded: LoadedEngines) -> Defaults:
    """What holds in every session whose client says nothing else."""
    return Defaults(
        Endpointing(longest_ms=round(turns.turn_s * 1000)),
        turns.silence_ms,
        turns.speculate,
        Waits(turns.shortest_wait_ms, turns.longest_wait_ms),
        loaded.uses_speech_model,
        loaded.engines.synthesizer.info.styles,
        loaded.language_model_connected,
    )


def session_limits(settings: Settings) -> SessionLimits:
    """The bounds of every session."""
    turns, answers, engines = settings.turns, settings.answers, settings.engine_limits
    return SessionLimits(
        queued_audio_s=answers.queued_audio_s,
        prompt=PromptLimits(answers.prompt_tokens),
        items=answers.conversation_items,
        speculations_per_minute=turns.speculations_per_minute,
        recognition=RecognitionLimits(
            settle_s=turns.settle_s,
            open_s=OPEN_S + BACKSTOP_S,
            stall_s=engines.recognizer_s + BACKSTOP_S,
            longest_s=longest_turn_s(turns),
        ),
        speaking=SpeakingLimits(
            speech_model_s=engines.first_token_s,
            audio_s=engines.audio_s + BACKSTOP_S,
            longest_s=answers.reply_s,
            lead_s=answers.lead_s,
        ),
    )
