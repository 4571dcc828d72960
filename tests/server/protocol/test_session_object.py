from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.conversation.config import SessionConfig
from pipeline.engines.protocols import Tool, VoiceChoice
from pipeline.errors import InvalidRequest
from pipeline.prompt.system_prompt import system_prompt
from pipeline.text.tokens import tokens_of
from pipeline.turns.dialogue import BargeIn, Policy
from pipeline.turns.endpoint import Endpointing
from pipeline.turns.wait import WORDS_MS, Evidence, WaitRule, Waits, adaptive_wait, fixed_wait
from server.characters.reading import load_characters
from server.protocol.session_object import (
    Defaults,
    SessionObject,
    config_of,
    detection_object,
    tool_choice_of,
    updated,
)

LAW = settings(max_examples=60, deadline=None, derandomize=True, database=None)

Json = dict[str, Any]

WIZARD = load_characters(Path(__file__).resolve().parents[3] / "personas")["wizard"]
DEFAULTS = Defaults(Endpointing(onset_ms=96, longest_ms=30_000), silence_ms=800, waits=Waits(200, 1250))
PAUSES = (Evidence("That is all."), Evidence("and"))


def session(**changes: Any) -> SessionObject:
    return updated(SessionObject(), {"type": "realtime", **changes})


def heard(**audio_input: Any) -> SessionObject:
    return session(audio={"input": audio_input})


# --- Updates -------------------------------------------------------------------------------------------------------------


def test_a_new_session_speaks_pcm_finds_turns_and_chooses_tools_itself() -> None:
    assert SessionObject().model_dump() == {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": None,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "semantic_vad",
                    "eagerness": "auto",
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "", "speed": 1.0},
        },
        "kaikou": {
            "character": None,
            "draft": None,
            "language": None,
            "barge_in": "immediate",
            "record": False,
            "practice": None,
        },
    }


def test_an_update_changes_what_it_names_and_nothing_else() -> None:
    before = session(instructions="Be kind.", audio={"input": {"turn_detection": None}, "output": {"voice": "alloy"}})
    after = updated(before, {"type": "realtime", "audio": {"output": {"speed": 1.25}}})
    expected = before.model_dump()
    expected["audio"]["output"]["speed"] = 1.25

    assert after.model_dump() == expected


@pytest.mark.parametrize(
    ("path", "first", "second", "result"),
    [
        ("input.turn_detection", {"type": "semantic_vad"}, {"type": "server_vad"}, {"type": "server_vad"}),
        (
            "input.turn_detection",
            {"type": "server_vad", "threshold": 0.9},
            {"type": "server_vad", "prefix_padding_ms": 0},
            {"type": "server_vad", "prefix_padding_ms": 0},
        ),
        ("input.turn_detection", {"type": "server_vad"}, None, None),
        ("input.transcription", {"model": "a", "language": "en"}, {"model": "b"}, {"model": "b"}),
        ("input.noise_reduction", {"type": "near_field"}, None, None),
        (
            "input.format",
            {"type": "audio/pcm", "rate": 16_000},
            {"type": "audio/pcm"},
            {"type": "audio/pcm", "rate": 24_000},
        ),
        ("output.format", {"type": "audio/pcm"}, {"type": "audio/pcmu"}, {"type": "audio/pcmu", "rate": None}),
    ],
)
def test_what_is_one_choice_is_replaced_whole(path: str, first: Json, second: Json | None, result: Json | None) -> None:
    side, key = path.split(".")
    after = updated(session(audio={side: {key: first}}), {"type": "realtime", "audio": {side: {key: second}}})

    assert after.model_dump(exclude_unset=True)["audio"][side][key] == result


def test_tools_are_replaced_whole() -> None:
    before = session(tools=[{"type": "function", "name": "one"}, {"type": "function", "name": "two"}])
    after = updated(before, {"type": "realtime", "tools": [{"type": "function", "name": "three"}]})

    assert [tool.name for tool in after.tools] == ["three"]


@pytest.mark.parametrize("voice", ["marin", {"id": "marin"}])
@pytest.mark.parametrize("before", [SessionObject(), session(audio={"output": {"voice": "alloy"}})], ids=["new", "set"])
def test_a_voice_comes_by_name_or_by_id(before: SessionObject, voice: str | Json) -> None:
    after = updated(before, {"type": "realtime", "audio": {"output": {"voice": voice}}})

    assert after.audio.output.voice == "marin"


def test_what_is_not_known_is_ignored() -> None:
    assert session(tracing="auto", audio={"input": {"gain": 3}, "visual": {}}, model="x").model_dump() == (
        SessionObject().model_dump()
    )


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.type"),
        ({"type": "translation"}, "invalid_value", "session.type"),
        ({"type": ["realtime"]}, "invalid_value", "session.type"),
    ],
)
def test_an_update_says_which_kind_of_session_it_is_for(changes: Json, code: str, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        updated(SessionObject(), changes)

    assert (caught.value.code, caught.value.param) == (code, param)


def test_where_only_one_kind_of_session_is_made_the_type_may_be_left_out() -> None:
    assert updated(SessionObject(), {"instructions": "Be kind."}, typed=False).instructions == "Be kind."


def turn_detection(**values: Any) -> Json:
    return {"audio": {"input": {"turn_detection": values}}}


WRONG: list[tuple[Json, str, str]] = [
    ({"instructions": 5}, "invalid_value", "session.instructions"),
    ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
    ({"output_modalities": ["video"]}, "invalid_value", "session.output_modalities.0"),
    ({"max_output_tokens": 0}, "invalid_value", "session.max_output_tokens"),
    ({"max_output_tokens": None}, "invalid_value", "session.max_output_tokens"),
    ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools.0.name"),
    ({"tools": [{"type": "mcp", "name": "x"}]}, "unsupported_parameter", "session.tools.0.type"),
    ({"tool_choice": 5}, "invalid_value", "session.tool_choice"),
    ({"tool_choice": "look"}, "invalid_value", "session.tool_choice"),
    ({"tool_choice": {"type": "function", "function": {"name": "look"}}}, "invalid_value", "session.tool_choice"),
    ({"audio": None}, "invalid_value", "session.audio"),
    ({"audio": []}, "invalid_value", "session.audio"),
    ({"audio": {"input": "mic"}}, "invalid_value", "session.audio.input"),
    (turn_detection(threshold=0.5), "invalid_value", "session.audio.input.turn_detection"),
    (turn_detection(type="psychic"), "invalid_value", "session.audio.input.turn_detection"),
    *[
        (
            turn_detection(type="server_vad", idle_timeout_ms=idle_ms),
            "invalid_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
        )
        for idle_ms in (-1, 0, 4_999, 30_001, 6_000.5, "6000")
    ],
    (turn_detection(type="server_vad", threshold=2), "invalid_value", "session.audio.input.turn_detection.threshold"),
    (
        turn_detection(type="semantic_vad", eagerness="x"),
        "invalid_value",
        "session.audio.input.turn_detection.eagerness",
    ),
    ({"audio": {"input": {"format": {"rate": 11_025}}}}, "invalid_value", "session.audio.input.format"),
    ({"audio": {"output": {"speed": 3}}}, "invalid_value", "session.audio.output.speed"),
    ({"audio": {"output": {"speed": "1"}}}, "invalid_value", "session.audio.output.speed"),
    ({"audio": {"output": {"voice": {}}}}, "invalid_value", "session.audio.output.voice"),
    ({"kaikou": {"language": "English"}}, "invalid_value", "session.kaikou.language"),
    ({"kaikou": {"barge_in": "never"}}, "invalid_value", "session.kaikou.barge_in"),
]


@pytest.mark.parametrize(
    ("changes", "code", "param"), WRONG, ids=[f"{param} {n}" for n, (_, _, param) in enumerate(WRONG)]
)
def test_a_wrong_update_names_the_field_and_changes_nothing(changes: Json, code: str, param: str) -> None:
    current = session(instructions="Be kind.", audio={"output": {"voice": "alloy"}})
    before = current.model_dump_json()
    with pytest.raises(InvalidRequest) as caught:
        updated(current, {"type": "realtime", "instructions": "Be rude.", **changes})

    assert (caught.value.code, caught.value.param, current.model_dump_json()) == (code, param, before)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 70_000) | st.floats(0, 2) | st.sampled_from(["", "x", "auto", "inf"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "name", "rate"]), inner),
    max_leaves=4,
)


def either(*valid: Any) -> st.SearchStrategy[Any]:
    """One of these three times out of four, else anything."""
    return st.one_of(*[st.sampled_from(valid)] * 3, ANYTHING)


def part(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=fields)


FORMATS = either({"type": "audio/pcm"}, {"type": "audio/pcm", "rate": 16_000}, {"type": "audio/pcma"})
DETECTION = either(None, {"type": "server_vad", "threshold": 0.7}, {"type": "semantic_vad", "eagerness": "low"})
CHANGES = part(
    output_modalities=either(["audio"], ["text"]),
    instructions=either("Be kind.", "", None),
    tools=either([], [{"type": "function", "name": "look", "parameters": {"type": "object"}}]),
    tool_choice=either("none", {"type": "function", "name": "look"}),
    max_output_tokens=either(1, 4_096, "inf"),
    audio=part(
        input=part(format=FORMATS, turn_detection=DETECTION, transcription=either(None, {"model": "x"})),
        output=part(format=FORMATS, voice=either("alloy", {"id": "marin"}), speed=either(0.5, 1.5)),
    ),
    kaikou=part(character=either("wizard"), language=either("zh"), barge_in=either("confirmed")),
)


@LAW
@given(steps=st.lists(CHANGES, max_size=4))
def test_after_any_updates_the_object_is_whole_and_rejected_ones_left_no_trace(steps: list[Json]) -> None:
    current = SessionObject()
    for changes in steps:
        before = current.model_dump_json()
        try:
            changed = updated(current, {"type": "realtime", **changes})
        except InvalidRequest:
            changed = current
        assert current.model_dump_json() == before
        assert SessionObject.model_validate(changed.model_dump()).model_dump() == changed.model_dump()
        current = changed


@LAW
@given(changes=CHANGES)
def test_the_same_update_twice_is_the_update_once(changes: Json) -> None:
    try:
        once = updated(SessionObject(), {"type": "realtime", **changes})
    except InvalidRequest:
        return

    assert updated(once, {"type": "realtime", **changes}).model_dump() == once.model_dump()


# --- What it means -------------------------------------------------------------------------------------------------------


def test_a_session_that_says_nothing_is_the_characters() -> None:
    config = config_of(SessionObject(), WIZARD, DEFAULTS)

    assert config == SessionConfig(
        instructions=system_prompt(WIZARD, "en"),
        character=WIZARD,
        language="en",
        voice=VoiceChoice(WIZARD.voice["en"]),
        tools=(),
        endpointing=config.endpointing,
        policy=Policy(speculate=True),
    )


def test_a_session_that_says_all_is_the_clients() -> None:
    given_by_client = session(
        output_modalities=["text"],
        instructions="Be kind.",
        tools=[{"type": "function", "name": "look", "description": "Looks.", "parameters": {"type": "object"}}],
        tool_choice={"type": "function", "name": "look"},
        max_output_tokens=100,
        audio={"input": {"turn_detection": None}, "output": {"voice": "alloy", "speed": 1.5}},
        kaikou={"language": "zh"},
    )

    assert config_of(given_by_client, WIZARD, DEFAULTS) == SessionConfig(
        instructions="Be kind.",
        character=WIZARD,
        language="zh",
        voice=VoiceChoice("alloy", 1.5),
        modality="text",
        tools=(Tool("look", "Looks.", {"type": "object"}),),
        tool_choice="look",
        max_tokens=100,
        endpointing=None,
        policy=Policy(answer=False, barge_in=BargeIn.NEVER),
    )


def test_a_characters_prompt_and_voice_follow_the_language() -> None:
    config = config_of(session(kaikou={"language": "zh"}), WIZARD, DEFAULTS)

    assert (config.instructions, config.voice.name) == (system_prompt(WIZARD, "zh"), WIZARD.voice["zh"])
    assert config.shortened is not None
    assert tokens_of(config.shortened(1_000)) <= 1_000 < tokens_of(config.instructions)


def test_a_characters_own_speed_and_pitch_reach_the_voice_and_a_clients_speed_wins() -> None:
    slow = replace(WIZARD, speed=0.8, pitch=-2.0)

    def voice(**output: Any) -> VoiceChoice:
        return config_of(session(audio={"output": output}), slow, DEFAULTS).voice

    assert voice() == VoiceChoice(WIZARD.voice["en"], 0.8, -2.0)
    assert voice(speed=1.0) == VoiceChoice(WIZARD.voice["en"], 1.0, -2.0)
    assert voice(voice="alloy") == VoiceChoice("alloy", 0.8)


def test_the_reminder_of_a_characters_file_goes_with_its_prompt_and_not_with_a_clients() -> None:
    reminded = replace(WIZARD, after={"en": "Be brief."})

    assert config_of(SessionObject(), reminded, DEFAULTS).after == "Be brief."
    assert config_of(session(instructions="Be kind."), reminded, DEFAULTS).after == ""


@pytest.mark.parametrize("styles", [True, False])
def test_the_model_learns_of_style_marks_only_if_the_voice_follows_them(styles: bool) -> None:
    instructions = config_of(SessionObject(), WIZARD, replace(DEFAULTS, styles=styles)).instructions

    assert ("[cheerful]" in instructions) is styles


def test_empty_instructions_are_instructions_too() -> None:
    assert config_of(session(instructions=""), WIZARD, DEFAULTS).instructions == ""


@pytest.mark.parametrize(
    ("detection", "threshold", "prefix_ms", "rule"),
    [
        ({"type": "server_vad"}, 0.5, 300, fixed_wait(800)),
        ({"type": "server_vad", "silence_duration_ms": 500}, 0.5, 300, fixed_wait(500)),
        ({"type": "server_vad", "threshold": 0.7, "prefix_padding_ms": 0}, 0.7, 0, fixed_wait(800)),
        ({"type": "semantic_vad"}, 0.5, 300, adaptive_wait("auto", Waits(200, 1250))),
        ({"type": "semantic_vad", "eagerness": "high"}, 0.5, 300, adaptive_wait("high", Waits(200, 1250))),
    ],
)
def test_turns_are_found_as_the_client_says_else_as_the_operator_does(
    detection: Json, threshold: float, prefix_ms: int, rule: WaitRule
) -> None:
    endpointing = config_of(heard(turn_detection=detection), WIZARD, DEFAULTS).endpointing
    assert endpointing is not None

    assert (endpointing.threshold, endpointing.prefix_ms) == (threshold, prefix_ms)
    assert list(map(endpointing.wait_ms, PAUSES)) == list(map(rule, PAUSES))
    assert endpointing.by_sound is (detection["type"] == "semantic_vad")
    assert endpointing.words_ms == (WORDS_MS if detection["type"] == "semantic_vad" else 0)
    assert (endpointing.onset_ms, endpointing.longest_ms) == (96, 30_000)


def test_what_the_client_never_set_stays_the_operators_after_other_updates() -> None:
    first = heard(turn_detection={"type": "server_vad", "threshold": 0.9}, transcription={"model": "x"})
    after = updated(first, {"type": "realtime", "instructions": "Be kind."}).audio.input
    detection, transcription = detection_object(after.turn_detection, DEFAULTS), after.transcription
    assert detection is not None
    assert transcription is not None

    assert (detection["threshold"], detection["silence_duration_ms"]) == (0.9, 800)
    assert transcription.model_dump(exclude_unset=True) == {"model": "x"}


@pytest.mark.parametrize(("given_ms", "echoed_ms"), [({}, 800), ({"silence_duration_ms": 500}, 500)])
def test_the_pause_that_is_echoed_is_the_one_in_force(given_ms: Json, echoed_ms: int) -> None:
    echo = detection_object(
        heard(turn_detection={"type": "server_vad", **given_ms}).audio.input.turn_detection, DEFAULTS
    )

    assert echo == {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": echoed_ms,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    }


def test_semantic_detection_is_echoed_without_a_pause_and_none_as_none() -> None:
    semantic = heard(turn_detection={"type": "semantic_vad"}).audio.input.turn_detection

    assert [detection_object(detection, DEFAULTS) for detection in (semantic, None)] == [
        {"type": "semantic_vad", "eagerness": "auto", "create_response": True, "interrupt_response": True},
        None,
    ]


@pytest.mark.parametrize(
    ("detection", "barge_in", "policy"),
    [
        ({}, "immediate", Policy(answer=True, barge_in=BargeIn.IMMEDIATE)),
        ({}, "confirmed", Policy(answer=True, barge_in=BargeIn.CONFIRMED)),
        ({"interrupt_response": False}, "immediate", Policy(answer=True, barge_in=BargeIn.NEVER)),
        ({"interrupt_response": False}, "confirmed", Policy(answer=True, barge_in=BargeIn.NEVER)),
        ({"create_response": False}, "immediate", Policy(answer=False, barge_in=BargeIn.IMMEDIATE)),
    ],
)
@pytest.mark.parametrize("kind", ["server_vad", "semantic_vad"])
def test_turns_are_taken_as_the_client_says(kind: str, detection: Json, barge_in: str, policy: Policy) -> None:
    asked = session(**turn_detection(type=kind, **detection), kaikou={"barge_in": barge_in})

    assert config_of(asked, WIZARD, replace(DEFAULTS, speculate=False)).policy == policy


@pytest.mark.parametrize(
    ("transcription", "expected"),
    [
        (None, "en"),
        ({"model": "x"}, "en"),
        ({"model": "x", "language": "zh-TW"}, "zh"),
        ({"model": "x", "language": ""}, "en"),
    ],
)
def test_the_language_that_is_heard_is_the_clients_and_the_one_that_is_spoken_stays(
    transcription: Json | None, expected: str
) -> None:
    config = config_of(heard(transcription=transcription), WIZARD, DEFAULTS)

    assert (config.recognized, config.language) == (expected, "en")


@pytest.mark.parametrize(
    ("detection", "idle_ms"),
    [
        ({"type": "server_vad", "idle_timeout_ms": 6_000}, 6_000),
        ({"type": "server_vad", "idle_timeout_ms": 6_000, "create_response": False}, 6_000),
        (
            {"type": "server_vad", "idle_timeout_ms": 6_000, "create_response": False, "interrupt_response": False},
            None,
        ),
        ({"type": "server_vad", "idle_timeout_ms": None}, None),
        ({"type": "semantic_vad", "idle_timeout_ms": None}, None),
        (None, None),
    ],
)
def test_silence_lasts_as_long_as_the_client_says(detection: Json | None, idle_ms: int | None) -> None:
    session = heard(turn_detection=detection)
    transcribing = session.model_copy(update={"type": "transcription"})
    told = [config_of(each, WIZARD, DEFAULTS).idle_timeout_ms for each in (session, transcribing)]

    assert told == [idle_ms, None]


@pytest.mark.parametrize("speculate", [False, True])
def test_whether_answers_are_prepared_in_pauses_is_the_operators_choice(speculate: bool) -> None:
    config = config_of(SessionObject(), WIZARD, replace(DEFAULTS, speculate=speculate))

    assert config.policy == Policy(speculate=speculate)


@pytest.mark.parametrize(
    ("choice", "meaning"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "name": "look"}, "look"),
    ],
)
def test_a_choice_of_tools_is_a_word_or_a_functions_name(choice: str | Json, meaning: str) -> None:
    assert tool_choice_of(session(tool_choice=choice).tool_choice) == meaning
