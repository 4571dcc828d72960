import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest

from models.remote.chat.calls import short_id
from models.remote.chat.chat_model import OpenAIChat, create
from pipeline.engines.bulkhead import Bulkhead
from pipeline.engines.fallback import ChatChain, Member
from pipeline.engines.protocols import ChatEvent, ChatRequest, Message, TextDelta, Tool, ToolCall, Usage
from pipeline.engines.workers import Workers
from pipeline.errors import EngineBusy, EngineError, EngineKeyRefused, EngineTimeout, EngineUnavailable
from tests.models.chat_server import (
    Answer,
    ChatServer,
    Line,
    chat_server,
    delta,
    listing,
    refusing,
    saying,
    usage,
    without_list,
)
from tests.models.chat_server import known as known_model

KEY = "sk-very-secret-1234567890"
HELLO = ChatRequest([Message("system", "Be kind."), Message("user", "Hello")])
WEATHER = Tool("weather", "Tells it.", {"type": "object", "properties": {"city": {"type": "string"}}})
ENOUGH_S = 5.0


@asynccontextmanager
async def talking(
    *answers: Answer, models: Answer | None = None, about: Answer | None = None, known: bool = True, **settings: Any
) -> AsyncIterator[tuple[OpenAIChat, ChatServer]]:
    """known: whether the model answered before, so that its first words are not held back."""
    async with chat_server(*answers, models=models or without_list(), about=about) as server:
        settings = {**({"memory": known_model(server)} if known else {}), **settings}
        chat = create({"base_url": server.base_url, "api_key": KEY, "model": "m", **settings})
        try:
            yield chat, server
        finally:
            await chat.aclose()


async def reply(chat: OpenAIChat, request: ChatRequest = HELLO) -> list[ChatEvent]:
    return [event async for event in chat.reply(request)]


def call(index: int | None, identifier: str | None = None, name: str | None = None, arguments: str = "") -> Any:
    return {"index": index, "id": identifier, "function": {"name": name, "arguments": arguments}}


async def test_text_arrives_as_it_is_written_and_usage_last() -> None:
    answer = saying(delta(role="assistant", content=""), delta(content="Hi"), delta(content=" you."), delta("stop"))
    async with talking(answer) as (chat, _):
        assert await reply(chat) == [TextDelta("Hi"), TextDelta(" you."), Usage()]


async def test_a_delta_is_passed_on_before_the_next_is_written() -> None:
    heard = asyncio.Event()

    async def answer(line: Line) -> None:
        await line.start()
        await line.event(delta(content="One"))
        await heard.wait()
        await line.event(delta("stop", content="two"))
        await line.end()

    async with talking(answer) as (chat, _), aclosing(chat.reply(HELLO)) as events:
        assert await anext(events) == TextDelta("One")
        heard.set()
        assert [event async for event in events] == [TextDelta("two"), Usage()]


async def test_the_request_says_what_was_asked() -> None:
    messages = [
        *HELLO.messages,
        Message("assistant", "", (ToolCall("c1", "weather", '{"city":"Rome"}'),)),
        Message("tool", "Sunny", call_id="c1"),
    ]
    request = ChatRequest(messages, tools=[WEATHER], tool_choice="weather", max_tokens=50)
    async with talking(saying(delta("stop"))) as (chat, server):
        await reply(chat, request)

    function = {"name": "weather", "description": "Tells it.", "parameters": WEATHER.parameters}
    called = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.asked[0].body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": None, "tool_calls": [called]},
            {"role": "tool", "content": "Sunny", "tool_call_id": "c1"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 50,
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
    }


async def test_calls_in_pieces_are_put_together_and_follow_the_text() -> None:
    pieces = [
        delta(content="Let me see."),
        delta(tool_calls=[call(0, "c1", "weather"), call(1, "c2", "time", '{"zone"')]),
        delta(tool_calls=[call(0, arguments='{"city":')]),
        delta(tool_calls=[call(1, arguments=":1}"), call(0, arguments='"Rome"}')]),
        delta("tool_calls"),
        usage(9, 4),
    ]
    async with talking(saying(*pieces)) as (chat, _):
        assert await reply(chat) == [
            TextDelta("Let me see."),
            ToolCall("c1", "weather", '{"city":"Rome"}'),
            ToolCall("c2", "time", '{"zone":1}'),
            Usage(9, 4),
        ]


async def test_calls_that_are_all_numbered_0_are_told_apart_by_their_ids() -> None:
    pieces = delta("tool_calls", tool_calls=[call(0, "c1", "weather", "{}"), call(0, "c2", "time")])
    async with talking(saying(pieces)) as (chat, _):
        assert (await reply(chat))[:-1] == [ToolCall("c1", "weather", "{}"), ToolCall("c2", "time", "{}")]


async def test_long_and_missing_ids_of_calls_are_replaced() -> None:
    pieces = delta("tool_calls", tool_calls=[call(0, "c" * 60, "weather"), call(1, "", "time")])
    async with talking(saying(pieces)) as (chat, _):
        ids = [event.id for event in await reply(chat) if isinstance(event, ToolCall)]

    assert ids[0] == short_id("c" * 60) != ids[1]
    assert [0 < len(identifier) <= 32 for identifier in ids] == [True, True]


async def test_usage_tells_tokens_and_truncation() -> None:
    async with talking(saying(delta(content="Hi"), delta("length"), usage(20, 50))) as (chat, _):
        assert (await reply(chat))[-1] == Usage(20, 50, truncated=True)


async def test_a_server_without_stream_options_is_asked_again_and_remembered() -> None:
    refused = refusing(400, {"error": {"message": "unknown field stream_options"}})
    async with talking(refused, saying(delta("stop", content="Hi"))) as (chat, server):
        replies = [await reply(chat), await reply(chat)]

    assert replies == [[TextDelta("Hi"), Usage()]] * 2
    assert ["stream_options" in asked.body for asked in server.asked] == [True, False, False]


async def test_reasoning_is_not_spoken() -> None:
    pieces = ["<th", "ink>Hmm, ", "what? </thi", "nk>\n\nHel", "lo <", "b> you.", ""]
    events = [delta(content=piece) for piece in pieces] + [delta("stop", reasoning_content="more thoughts")]
    async with talking(saying(*events)) as (chat, _):
        text = "".join(event.text for event in await reply(chat) if isinstance(event, TextDelta))

    assert text == "Hello <b> you."


async def test_closing_the_reply_hangs_up() -> None:
    gone = asyncio.Event()

    async def answer(line: Line) -> None:
        await line.start()
        await line.event(delta(content="Well"))
        await line.until_hung_up()
        gone.set()

    async with talking(answer) as (chat, _), asyncio.timeout(ENOUGH_S):
        events = chat.reply(HELLO)
        await anext(events)
        await events.aclose()
        await gone.wait()


async def test_cancelling_the_reader_hangs_up() -> None:
    begun, gone = asyncio.Event(), asyncio.Event()

    async def answer(line: Line) -> None:
        begun.set()
        await line.until_hung_up()
        gone.set()

    async with talking(answer) as (chat, _), asyncio.timeout(ENOUGH_S):
        reading = asyncio.create_task(reply(chat))
        await begun.wait()
        reading.cancel()
        await gone.wait()
        with pytest.raises(asyncio.CancelledError):
            await reading


SECRETIVE = {"error": {"message": f"Incorrect API key provided: {KEY}", "param": "/home/me/.keys"}}


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, EngineKeyRefused, "key was refused"),
        (403, EngineUnavailable, "key was refused"),
        (404, EngineUnavailable, "'m' was not found"),
        (429, EngineBusy, "pause"),
        (400, EngineError, "answered 400"),
        (500, EngineError, "answered 500"),
        (503, EngineError, "answered 503"),
    ],
)
async def test_a_refusal_is_told_without_secrets(status: int, kind: type[EngineError], says: str) -> None:
    async with talking(refusing(status, SECRETIVE)) as (chat, _):
        with pytest.raises(EngineError, match=says) as raised:
            await reply(chat)

    assert (type(raised.value), raised.value.engine) == (kind, "openai")
    assert KEY not in "".join(format_exception(raised.value))


@pytest.mark.parametrize(("status", "requests"), [(500, 2), (429, 1), (401, 1)])
async def test_only_the_servers_own_failures_are_tried_again(status: int, requests: int) -> None:
    async with talking(refusing(status, SECRETIVE)) as (chat, server):
        with pytest.raises(EngineError):
            await reply(chat)

    assert len(server.asked) == requests


async def test_one_failure_before_the_first_word_goes_unnoticed() -> None:
    async with talking(refusing(502, "<html>"), saying(delta("stop", content="Hi"))) as (chat, _):
        assert await reply(chat) == [TextDelta("Hi"), Usage()]


@pytest.mark.parametrize("begins", [False, True])
async def test_its_chain_bounds_its_silence_and_hangs_up(begins: bool) -> None:
    gone = asyncio.Event()

    async def answer(line: Line) -> None:
        if begins:
            await line.start()
            await line.event(delta(content="Well"))
        await line.until_hung_up()
        gone.set()

    async with talking(answer) as (chat, _), asyncio.timeout(ENOUGH_S):
        chain = ChatChain([Member(chat, chat.info, Bulkhead("chat_model", "openai"), Workers(1))], 0.2)
        with pytest.raises(EngineTimeout, match=r"openai stalled for 0\.\d+ s"):
            [event async for event in chain.reply(HELLO)]
        await gone.wait()


async def test_where_nobody_listens_the_engine_is_unavailable() -> None:
    async with chat_server(saying()) as server:
        pass
    chat = create({"base_url": server.base_url, "api_key": KEY, "model": "m"})
    with pytest.raises(EngineUnavailable, match="cannot be reached") as raised:
        await reply(chat)
    await chat.aclose()

    assert str(server.port) not in raised.value.message


@pytest.mark.parametrize("cleanly", [False, True])
async def test_a_reply_that_breaks_off_is_an_error_after_its_text(cleanly: bool) -> None:
    async def answer(line: Line) -> None:
        await line.start()
        await line.event(delta(content="Well"))
        if cleanly:
            await line.end()

    async with talking(answer) as (chat, server):
        events = chat.reply(HELLO)
        assert await anext(events) == TextDelta("Well")
        with pytest.raises(EngineError, match="broke"):
            await anext(events)

    assert len(server.asked) == 1


@pytest.mark.parametrize("data", ["{oops", "5", '{"choices":[{"delta":{"content":5}}]}', '{"choices":7}'])
async def test_nonsense_is_an_error(data: str) -> None:
    async with talking(saying(data)) as (chat, _):
        with pytest.raises(EngineError, match="cannot read"):
            await reply(chat)


async def test_without_a_name_the_servers_first_chat_model_is_looked_up_once() -> None:
    models = listing("nomic-embed-text", "qwen3:4b", "other")
    async with talking(saying(delta("stop")), models=models, model="") as (chat, server):
        await reply(chat)
        await reply(chat)

    assert [asked.path for asked in server.looked] == ["/v1/models"]
    assert [(asked.path, asked.body and asked.body["model"]) for asked in server.asked] == [
        ("/v1/chat/completions", "qwen3:4b"),
        ("/v1/chat/completions", "qwen3:4b"),
    ]


@pytest.mark.parametrize(
    ("owner", "told", "set_to", "window"),
    [
        ("llamacpp", {"default_generation_settings": {"n_ctx": 8192}}, 0, 8192),
        ("library", {"parameters": "num_ctx 16384"}, 0, 16384),
        ("llamacpp", "no JSON", 0, None),
        ("somebody", {}, 0, None),
        ("llamacpp", {"default_generation_settings": {"n_ctx": 8192}}, 3000, 3000),
    ],
)
async def test_the_window_is_what_is_set_else_what_the_server_tells(
    owner: str, told: Any, set_to: int, window: int | None
) -> None:
    models, about = listing("m", owner=owner), refusing(200, told)
    answers = saying(delta("stop", content="Hi"))
    async with talking(answers, models=models, about=about, context_window=set_to) as (chat, _):
        before = chat.context_window
        await reply(chat)

        assert (before, chat.context_window) == (set_to or None, window)


async def test_a_server_without_a_model_is_unavailable() -> None:
    async with talking(models=listing(), model="") as (chat, _):
        with pytest.raises(EngineUnavailable, match="no model"):
            await reply(chat)


def test_openai_itself_needs_a_key() -> None:
    with pytest.raises(EngineUnavailable, match="key"):
        create({})


async def test_no_proxy_of_the_environment_comes_between_us_and_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with talking(saying(delta("stop", content="Hi"))) as (chat, _):
        assert await reply(chat) == [TextDelta("Hi"), Usage()]


async def test_what_was_learnt_is_known_at_the_next_start(tmp_path: Path) -> None:
    memory = tmp_path / "models.json"
    no_system = refusing(400, {"error": {"message": "System role not supported"}})
    async with talking(no_system, saying(delta("stop", content="Hi")), known=False, memory=memory) as (chat, server):
        await reply(chat)
        again = create({"base_url": server.base_url, "model": "m", "memory": memory})
        await reply(again)
        await again.aclose()

    assert [[message["role"] for message in asked.body["messages"]] for asked in server.asked] == [
        ["system", "user"],
        ["user"],
        ["user"],
    ]


async def test_the_servers_own_reason_goes_to_the_log_without_keys(caplog: pytest.LogCaptureFixture) -> None:
    reason = refusing(400, {"error": {"message": f"System role not supported.\n (key {KEY}, Bearer abcdef)"}})
    async with talking(reason, saying(delta("stop", content="Hi"))) as (chat, _):
        await reply(chat)

    assert caplog.messages == [
        "The language model m refused a request (400: System role not supported. (key ***, ***). From now on its"
        " instructions go into the person's first words; roles alternate, and the person's words come first."
    ]


async def test_the_operators_fields_are_in_every_request_and_speak_for_themselves() -> None:
    models = listing("m", owner="vllm")
    extra = {"reasoning_effort": "high", "temperature": 0.5}
    for settings in ({}, {"extra_body": {"top_k": 3}}, {"extra_body": extra}):
        async with talking(saying(delta("stop", content="Hi")), models=models, **settings) as (chat, server):
            await reply(chat)
        sent = server.asked[0].body
        added = {
            key: value for key, value in sent.items() if key not in ("model", "messages", "stream", "stream_options")
        }
        quiet = {"chat_template_kwargs": {"enable_thinking": False}}
        assert added == (extra if settings.get("extra_body") == extra else quiet | settings.get("extra_body", {}))
