"""What a practice changes of a session's settings, and what it leaves to the client."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.conversation.config import SessionConfig
from pipeline.practice.practice import Practice
from pipeline.prompt.system_prompt import BUDGET
from pipeline.text.tokens import tokens_of
from pipeline.turns.endpoint import Endpointing
from pipeline.turns.wait import Evidence
from server.protocol.in_practice import PRESSED_MS
from server.protocol.session_object import Defaults, SessionObject, config_of, updated
from tests.models.scripted_talk import BUILT_IN
from tests.pipeline.practice.director.practices import interview, scene

DEFAULTS = Defaults(Endpointing())
SAID = Evidence("I found it in the logs.", 0.9)
OPEN = Evidence("I found it and", 0.3)


def config(practice: Practice | None, **changes: Any) -> SessionConfig:
    session = updated(SessionObject(), {"type": "realtime", **changes})
    return config_of(session, BUILT_IN["interviewer"], DEFAULTS, (), practice)


def waits(config: SessionConfig) -> tuple[int, int]:
    """After words that could be all, and after words that go on."""
    assert config.endpointing is not None
    return config.endpointing.wait_ms(SAID), config.endpointing.wait_ms(OPEN)


def test_the_model_is_told_of_roles_place_and_rules_behind_the_character() -> None:
    plain, practising = config(None), config(interview(advert="We look for a baker.", resume="I baked for years."))

    assert practising.instructions.startswith(plain.instructions[:200])
    for told in (
        "Engineer",
        "A video call.",
        "One question at a time",
        "Never praise",
        "We look for a baker.",
        "for years.",
    ):
        assert told in practising.instructions


@pytest.mark.parametrize("language", ["en", "zh"])
def test_however_long_an_advert_is_it_stays_within_the_budget_with_all_rules(language: str) -> None:
    long = "We look for somebody who bakes. " * 600 if language == "en" else "我们在找会烤面包的人。" * 1800
    practice = interview(language=language, own=language, advert=long, resume=long)
    told = config(practice).instructions

    assert tokens_of(told) <= BUDGET + 50
    assert ("Speak English." if language == "en" else "说中文。") in told


def test_a_small_window_keeps_the_rules_of_the_practice() -> None:
    practising = config(interview(advert="We look for a baker. " * 300))
    assert practising.shortened is not None
    told = practising.shortened(1_500)

    assert tokens_of(told) <= 1_600
    assert "One question at a time" in told


def test_a_pause_to_think_is_waited_for_and_less_so_under_pressure() -> None:
    usual, thinking, pressed = (
        waits(config(None)),
        waits(config(interview())),
        waits(config(interview(strictness="pressure"))),
    )

    assert thinking[0] >= 2 * usual[0]
    assert thinking[1] >= 1.5 * usual[1]
    assert pressed == usual
    assert usual[0] < waits(config(scene()))[0] < thinking[0]


def test_under_pressure_somebody_who_talks_for_long_is_interrupted_at_the_next_breath() -> None:
    endpointing = config(interview(strictness="pressure")).endpointing

    assert endpointing is not None
    assert endpointing.wait_ms(Evidence("and then we " * 60, 0.1)) == PRESSED_MS


@pytest.mark.parametrize(
    "detection",
    [
        {"type": "semantic_vad", "eagerness": "high"},
        {"type": "server_vad", "silence_duration_ms": 700},
        None,
    ],
)
def test_a_client_that_chose_when_turns_are_over_keeps_that(detection: dict[str, Any] | None) -> None:
    audio = {"input": {"turn_detection": detection}}
    chosen, practising = config(None, audio=audio), config(interview(), audio=audio)

    if detection is None:
        assert practising.endpointing is None
    else:
        assert waits(practising) == waits(chosen)
    assert practising.idle_timeout_ms == chosen.idle_timeout_ms


def test_silence_is_helped_out_of() -> None:
    assert (config(interview()).idle_timeout_ms, config(scene()).idle_timeout_ms) == (20_000, 12_000)
    assert config(None).idle_timeout_ms is None


def test_how_fast_is_spoken_is_the_practices_times_the_clients() -> None:
    plain = config(None).voice.speed

    assert config(scene(speed=0.8)).voice.speed == pytest.approx(0.8 * plain)
    assert config(interview(strictness="pressure")).voice.speed == pytest.approx(1.1 * plain)
    assert config(scene(speed=0.8), audio={"output": {"speed": 1.5}}).voice.speed == pytest.approx(1.2)
    assert config(scene(speed=0.5), audio={"output": {"speed": 0.25}}).voice.speed == 0.5


def test_who_practises_a_language_may_speak_their_own_unless_the_client_says_what_is_spoken() -> None:
    heard = {"input": {"transcription": {"model": "kaikou", "language": "en"}}}

    assert (config(scene()).recognized, config(scene()).language) == ("", "en")
    assert config(scene(), audio=heard).recognized == "en"
    assert config(interview()).recognized == "en"


def test_the_language_of_the_practice_is_spoken_whatever_the_session_says() -> None:
    assert config(scene(), kaikou={"language": "zh"}).language == "en"


def test_the_clients_instructions_and_words_alone_know_of_no_practice() -> None:
    mine = config(scene(), instructions="Be a parrot.")

    assert (mine.instructions, mine.idle_timeout_ms) == ("Be a parrot.", None)
    words = config(scene(), type="transcription")
    assert (words.instructions, words.idle_timeout_ms) == (config(None, type="transcription").instructions, None)
