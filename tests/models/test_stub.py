import json
import threading
from time import monotonic

import numpy as np
import pytest

from models.stub import HEARD, RATE, REPLY, create_chat_model, create_recognizer, create_synthesizer
from pipeline.engines.protocols import (
    ChatEvent,
    ChatRequest,
    Message,
    Recognition,
    SynthesisRequest,
    TextDelta,
    Tool,
    ToolCall,
    Usage,
    VoiceChoice,
    WordTime,
)
from pipeline.errors import EngineError, SettingError

AT_ONCE = {"first_token_ms": 0, "words_per_s": 1e9}
WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {}, "unit": {}}})
PIECE = np.zeros(1600, np.int16)


async def replied(request: ChatRequest, **settings: float) -> list[ChatEvent]:
    return [event async for event in create_chat_model({**AT_ONCE, **settings}).reply(request)]


def text_of(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def asking(text: str, **more: object) -> ChatRequest:
    return ChatRequest([Message("system", "Be brief."), Message("user", text)], **more)


async def test_the_reply_comes_word_by_word_and_usage_last() -> None:
    events = await replied(asking("Hello there"))

    assert text_of(events) == REPLY
    assert [type(event) for event in events] == [TextDelta] * 18 + [Usage]
    assert events[-1] == Usage(input_tokens=4, output_tokens=18)


async def test_max_tokens_truncates() -> None:
    events = await replied(asking("Hello", max_tokens=3))

    assert (text_of(events), events[-1]) == ("That is a", Usage(3, 3, truncated=True))


async def test_count_counts_for_long() -> None:
    assert text_of(await replied(asking("Please count"))).startswith("one, two, three")


async def test_weather_calls_the_offered_tool() -> None:
    call, usage = await replied(asking("What is the weather?", tools=[WEATHER]))

    assert isinstance(call, ToolCall)
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris", "unit": "Paris"})
    assert len(call.id) <= 32
    assert isinstance(usage, Usage)


@pytest.mark.parametrize(
    ("said", "choice", "called"),
    [("weather", "none", False), ("hello", "auto", False), ("hello", "required", True), ("hello", "get_weather", True)],
)
async def test_the_tool_choice_is_obeyed(said: str, choice: str, called: bool) -> None:
    events = await replied(asking(said, tools=[WEATHER], tool_choice=choice))

    assert isinstance(events[0], ToolCall) is called


async def test_a_tools_output_is_quoted() -> None:
    request = ChatRequest([Message("user", "weather"), Message("tool", "Sunny", call_id="a")], tools=[WEATHER])

    assert text_of(await replied(request)) == "The tool said Sunny."


async def test_the_pace_is_kept() -> None:
    began = monotonic()
    events = await replied(asking("Hello", max_tokens=5), first_token_ms=20, words_per_s=250)

    assert len(events) == 6
    assert 0.04 <= monotonic() - began < 0.5


def test_partial_words_appear_as_audio_arrives() -> None:
    stream = create_recognizer({}).open("en")
    partials = [stream.accept(PIECE) for _ in range(9)]

    assert partials == ["", "", "I", "I", "I", "I would", "I would", "I would", "I would like"]


def test_settling_gives_the_whole_sentence_and_leaves_the_stream_open() -> None:
    stream = create_recognizer({"settle_ms": 1}).open("en")
    stream.accept(PIECE)

    assert [stream.settle(1), stream.settle(1)] == [Recognition(HEARD, "en")] * 2
    assert stream.accept(np.zeros(3200, np.int16)) == "I"


def test_a_budget_that_is_too_short_leaves_the_partial_text() -> None:
    stream = create_recognizer({"settle_ms": 60_000}).open()
    stream.accept(np.zeros(9600, np.int16))

    assert stream.settle(0.01) == Recognition("I would")


def test_nothing_is_recognized_in_no_audio() -> None:
    assert create_recognizer({"settle_ms": 0}).open().settle(1) == Recognition("")


def test_closing_ends_a_settle_in_flight() -> None:
    stream = create_recognizer({"settle_ms": 60_000}).open()
    thread = threading.Thread(target=stream.settle, args=(61,))
    thread.start()
    stream.close()
    thread.join(5)

    assert not thread.is_alive()


def test_the_tone_is_as_long_as_the_text_and_never_clicks() -> None:
    chunks = list(create_synthesizer({"first_audio_ms": 0}).speak(SynthesisRequest("Hello there")))
    pcm = np.concatenate([chunk.pcm for chunk in chunks])

    assert len(pcm) == len("Hello there") * RATE * 60 // 1000
    assert max(len(chunk.pcm) for chunk in chunks) <= RATE * 80 // 1000
    assert np.abs(np.diff(pcm.astype(int))).max() < 900  # the steepest step of a sine at this height and pitch is 849
    assert np.abs(pcm).max() == pytest.approx(0.3 * 32767, rel=0.001)
    assert all(chunk.pcm.base is not None for chunk in chunks)


def test_words_come_with_the_chunk_they_begin_in() -> None:
    synthesizer = create_synthesizer({"first_audio_ms": 0, "ms_per_character": 20})
    timed = [chunk.words for chunk in synthesizer.speak(SynthesisRequest("one, two threes"))]

    assert timed == [(WordTime("one,", 0, 80),), (WordTime("two", 100, 160),), (WordTime("threes", 180, 300),), ()]


def test_speed_shortens_the_tone() -> None:
    def length(speed: float) -> int:
        chunks = create_synthesizer({"first_audio_ms": 0}).speak(
            SynthesisRequest("Hello there", voice=VoiceChoice(speed=speed))
        )
        return sum(len(chunk.pcm) for chunk in chunks)

    assert length(2.0) * 2 == length(1.0)


def test_a_closed_synthesizer_stops_waiting() -> None:
    synthesizer = create_synthesizer({"first_audio_ms": 60_000})
    synthesizer.close()

    with pytest.raises(EngineError):
        next(synthesizer.speak(SynthesisRequest("Hello")))


@pytest.mark.parametrize("create", [create_recognizer, create_chat_model, create_synthesizer])
def test_an_unknown_setting_is_named(create: type) -> None:
    with pytest.raises(SettingError, match="doors"):
        create({"doors": 2})
