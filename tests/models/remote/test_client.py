import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from models.remote.client import LONGEST_LINE, Bounds, Refusal, Remote, Server, lines, pause_asked
from pipeline.errors import EngineBusy, EngineError, EngineTimeout, EngineUnavailable
from tests.loop_clock import LoopClock
from tests.models.speech_server import running, sending

SERVER = Server("voice", "the speech server", "THE_KEY", "THE_ADDRESS")
BOUNDS = Bounds(first_s=10, between_s=5, whole_s=30)


@asynccontextmanager
async def made(base_url: str = "http://127.0.0.1:9") -> AsyncIterator[Remote]:
    remote = Remote(SERVER, base_url, BOUNDS)
    try:
        yield remote
    finally:
        await remote.aclose()


class Asked:
    """A server as a script: each time it is asked, the next list of items, seconds of silence and errors."""

    def __init__(self, clock: LoopClock, *scripts: list[str | float | Exception]) -> None:
        self.clock = clock
        self.times = 0
        self.closed = 0
        self._scripts = scripts

    async def __call__(self) -> AsyncGenerator[str, None]:
        self.times += 1
        try:
            for step in self._scripts[min(self.times, len(self._scripts)) - 1]:
                match step:
                    case Exception():
                        raise step
                    case float():
                        self.clock.advance(step)
                        for _ in range(3):  # the loop looks at its clock before, and cancels after
                            await asyncio.sleep(0)
                    case item:
                        yield item
        finally:
            self.closed += 1


async def given(remote: Remote, asked: Asked) -> list[str]:
    return [item async for item in remote.stream(asked)]


async def test_items_come_through_and_whoever_was_asked_is_closed() -> None:
    async with made() as remote:
        asked = Asked(LoopClock(), ["a", "b"])
        assert (await given(remote, asked), asked.closed) == (["a", "b"], 1)


async def test_whoever_stops_listening_closes_the_answer() -> None:
    async with made() as remote:
        asked = Asked(LoopClock(), ["a", "b"])
        items = remote.stream(asked)
        await anext(items)
        await items.aclose()

    assert asked.closed == 1


@pytest.mark.parametrize(
    "error",
    [httpx2.ReadError(""), httpx2.ConnectError(""), httpx2.RemoteProtocolError(""), Refusal(500), Refusal(429, "", 0)],
)
async def test_what_breaks_before_its_first_item_is_asked_again_once(error: Exception) -> None:
    async with made() as remote:
        clock = LoopClock()
        assert await given(remote, Asked(clock, [error], ["a"])) == ["a"]
        asked = Asked(clock, [error])
        with pytest.raises(EngineError):
            await given(remote, asked)

    assert (asked.times, asked.closed) == (2, 2)


@pytest.mark.parametrize(
    "error",
    [
        httpx2.ReadTimeout(""),
        httpx2.ConnectTimeout(""),
        httpx2.UnsupportedProtocol(""),
        ValueError(),
        Refusal(400),
        Refusal(429),
        Refusal(429, "", 2),
        Refusal(429, "insufficient_quota", 0),
        Refusal(503, "", 60),
        EngineError("It is no audio."),
    ],
)
async def test_what_another_try_cannot_help_is_not_asked_again(error: Exception) -> None:
    async with made() as remote:
        asked = Asked(LoopClock(), [error])
        with pytest.raises(EngineError):
            await given(remote, asked)

    assert asked.times == 1


@pytest.mark.parametrize("error", [httpx2.ReadError(""), Refusal(500)])
async def test_nothing_is_asked_again_after_the_first_item(error: Exception) -> None:
    async with made() as remote:
        asked = Asked(LoopClock(), ["a", error])
        with pytest.raises(EngineError):
            await given(remote, asked)

    assert asked.times == 1


@pytest.mark.parametrize(
    ("script", "bound"),
    [
        ([9.0, "a", 4.0, "b"], None),
        ([11.0, "a"], "10"),
        (["a", 6.0, "b"], "5"),
        ([4.0, "a"] * 6 + [5.5, "b"], "5"),
        ([4.0, "a"] * 8, "2"),
    ],
    ids=["in time", "first", "between", "between, later", "whole"],
)
async def test_every_wait_has_a_bound(script: list[str | float | Exception], bound: str | None) -> None:
    async with made() as remote:
        asked = Asked(LoopClock(), script)
        if bound is None:
            assert await given(remote, asked) == ["a", "b"]
        else:
            with pytest.raises(EngineTimeout, match=f"nothing for {bound}"):
                await given(remote, asked)

    assert asked.closed == 1


async def test_both_tries_share_the_bound_to_the_first_item() -> None:
    async with made() as remote:
        asked = Asked(LoopClock(), [6.0, Refusal(500)], [6.0, "a"])
        with pytest.raises(EngineTimeout):
            await given(remote, asked)

    assert asked.times == 2


async def test_time_in_which_nobody_asks_for_more_does_not_count() -> None:
    async with made() as remote:
        clock = LoopClock()
        async for _ in remote.stream(Asked(clock, ["a", "b", "c"])):
            clock.advance(100)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (httpx2.PoolTimeout(""), EngineBusy, "All connections to the speech server are taken."),
        (
            httpx2.ConnectError("127.0.0.1"),
            EngineUnavailable,
            "The speech server cannot be reached. Is THE_ADDRESS right?",
        ),
        (httpx2.ConnectTimeout(""), EngineUnavailable, "The speech server cannot be reached. Is THE_ADDRESS right?"),
        (Refusal(404), EngineUnavailable, "What we asked for was not found at the speech server."),
        (Refusal(418, "teapot"), EngineError, "The speech server answered 418 (teapot)."),
        (Refusal(418, "sk-1234567"), EngineError, "The speech server answered 418."),
        (ValueError("secret"), EngineError, "The speech server sent something we cannot read."),
    ],
)
def test_failures_are_told_in_words_of_ours(error: Exception, kind: type[EngineError], message: str) -> None:
    failure = SERVER.failure(error)

    assert (type(failure), failure.message, failure.engine) == (kind, message, "voice")


@pytest.mark.parametrize("url", ["no address", "http://[", "ftp://127.0.0.1"])
async def test_an_address_that_is_none_is_told(url: str) -> None:
    async def get() -> None:
        await remote.http.get("/")

    with pytest.raises(EngineUnavailable, match="THE_ADDRESS"):
        async with made(url) as remote:
            await remote.call(get)


@pytest.mark.parametrize(
    ("value", "pause"),
    [("0", 0.0), ("1.5", 1.5), ("", None), ("-1", None), ("Fri, 31 Dec 1999 23:59:59 GMT", 0.0), ("soon", None)],
)
def test_a_pause_is_read_where_it_is_a_number_or_a_date(value: str, pause: float | None) -> None:
    assert pause_asked({"retry-after": value}) == pause


def test_a_pause_until_a_date_counts_from_the_servers_own_clock() -> None:
    headers = {"retry-after": "Mon, 05 Jan 2099 10:00:03 GMT", "date": "Mon, 05 Jan 2099 10:00:00 GMT"}

    assert pause_asked(headers) == 3.0


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_lines_do_not_depend_on_how_the_network_cuts_them(size: int) -> None:
    sent = "data: 你好\r\n\r\nlast".encode()
    parts = [sent[at : at + size] for at in range(0, len(sent), size)]
    async with running(sending(*parts)) as server, made(server.url) as remote, remote.http.stream("GET", "/") as answer:
        assert [line async for line in lines(answer)] == ["data: 你好", "", "last"]


async def test_a_line_without_end_is_given_up() -> None:
    parts = [b"x" * 1024 * 1024] * (LONGEST_LINE // 1024 // 1024 + 1)
    async with running(sending(*parts)) as server, made(server.url) as remote, remote.http.stream("GET", "/") as answer:
        with pytest.raises(ValueError, match="long"):
            [line async for line in lines(answer)]
