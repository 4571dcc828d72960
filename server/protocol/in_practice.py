"""What a practice changes of a session's settings: what the model is told, how long is waited, how fast is spoken. Pure."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pipeline.characters.character import Character
from pipeline.conversation.config import SessionConfig
from pipeline.practice.director.briefing import briefing
from pipeline.practice.director.conditions import length
from pipeline.practice.director.director import PRESSED_WORDS
from pipeline.practice.practice import Practice
from pipeline.prompt.system_prompt import BUDGET, composed
from pipeline.text.tokens import tokens_of
from pipeline.turns.wait import Evidence, WaitRule, Waits, adaptive_wait

PATIENT = {"interview": Waits(shortest_ms=700, longest_ms=2600), "language": Waits(shortest_ms=500, longest_ms=2600)}
"""Who looks for words is not done; with "low" these are 1.6 times as long. In the clean conversations of `bench turns` 8 and
16 of 100 pauses are taken for the end, and 43 as usual; see "Patience" in docs/practice.md."""

PRESSED_MS = 300
"""Under pressure, the pause in which somebody who speaks for too long is interrupted: a breath."""

SLOWEST, FASTEST = 0.5, 1.5
PRESSURE_SPEED = 1.1

SILENT_MS = {"interview": 20_000, "language": 12_000}
"""After so long a silence the character helps."""

LEAST_BRIEFING = 400
"""Tokens of the practice that a model with a small window is told in any case: the roles and the rules."""


def in_practice(
    config: SessionConfig, practice: Practice, *, wait_ms: bool = True, any_language: bool = True, styles: bool = False
) -> SessionConfig:
    """The settings of a talk in which this is practised.

    wait_ms: whether how long is waited is ours to choose. any_language: whether the client leaves open what is spoken: then
    somebody who practises a language may ask in their own. styles: see `composed`.
    """
    assert config.character is not None
    language = practice.language if practice.language in config.character.languages else config.language
    told = briefing(practice)
    prompt = composed(config.character, language, styles=styles, tokens=max(0, BUDGET - tokens_of(told)))
    speed = min(max(config.voice.speed * _speed(practice), SLOWEST), FASTEST)
    foreign = any_language and practice.kind == "language" and practice.own_language != practice.language
    config = replace(
        config,
        instructions=f"{prompt.text}\n\n{told}",
        after=prompt.after,
        shortened=partial(_shortened, config.character, practice, language, styles),
        language=language,
        heard_language="" if foreign else config.heard_language,
        voice=replace(config.voice, speed=speed),
        by_speech_model=False,
        word_times=True,
    )
    if not wait_ms or config.endpointing is None:
        return config
    return replace(
        config,
        endpointing=replace(config.endpointing, wait_ms=waits_of(practice)),
        idle_timeout_ms=config.idle_timeout_ms or SILENT_MS[practice.kind],
    )


def waits_of(practice: Practice) -> WaitRule:
    """How long a silence must last in it."""
    if practice.interview and practice.interview.strictness == "pressure":
        return _pressed(adaptive_wait())
    return adaptive_wait("low", PATIENT[practice.kind])


def _pressed(rule: WaitRule) -> WaitRule:
    def judge(evidence: Evidence) -> int:
        return PRESSED_MS if length(evidence.text) > PRESSED_WORDS else rule(evidence)

    return judge


def _speed(practice: Practice) -> float:
    if practice.scene:
        return practice.scene.speed
    return PRESSURE_SPEED if practice.interview and practice.interview.strictness == "pressure" else 1.0


def _shortened(character: Character, practice: Practice, language: str, styles: bool, tokens: int) -> str:
    """Half for the character, half for the practice, which has its rules in any case."""
    told = briefing(practice, max(LEAST_BRIEFING, tokens // 2))
    prompt = composed(character, language, styles=styles, tokens=max(0, tokens - tokens_of(told)))
    return "\n\n".join(filter(None, (prompt.text, told, prompt.after)))
