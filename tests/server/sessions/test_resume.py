"""A client that was cut off comes back: nothing is lost, nothing is said twice."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import websockets

from pipeline.audio.samples import LINE_RATE
from pipeline.conversation.notices import Answered
from pipeline.conversation.outbox import Outbox
from pipeline.conversation.playback import Playback
from server.identity.principal import OWNER
from server.protocol.connection import Connection
from server.sessions.live import SEND_S, LiveSession, Superseded
from server.settings import load_settings
from server.transports.transport import Disconnected, OutputAudio
from tests.loop_clock import LoopClock
from tests.serving import PACED_S, Serving, serving
from tests.speech import sentence, silence

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT_S = 40.0
RESUME_S = 7.0
SESSION = {
    "type": "realtime",
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": LINE_RATE},
            "transcription": {"model": "kaikou"},
            "turn_detection": {"type": "server_vad"},
        }
    },
}
WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}}}}

Event = dict[str, Any]


class Page:
    """A client of the extensions that keeps what it needs to come back."""

    def __init__(self, server: Serving) -> None:
        self._server = server
        self.events: list[Event] = []
        self.token = ""
        self.socket: websockets.ClientConnection

    async def connect(self, **query: str) -> None:
        more = "".join(f"&{key}={value}" for key, value in query.items())
        self.socket = await websockets.connect(f"{self._server.ws}/v1/realtime?model=wizard&extensions=kaikou{more}")

    async def begin(self) -> None:
        await self.connect()
        created = await self.until(lambda event: event["type"] == "session.created")
        self.token = created["session"]["kaikou"]["token"]

    async def come_back(self) -> Event:
        await self.connect(resume=self.token, seen=self.events[-1]["event_id"])
        return await self.until(lambda event: event["type"] in ("kaikou.resumed", "session.created"), len(self.events))

    def vanish(self) -> None:
        self.socket.transport.abort()

    async def send(self, **event: Any) -> None:
        await self.socket.send(json.dumps(event))

    async def write(self, text: str) -> None:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        await self.send(type="conversation.item.create", item=item)
        await self.send(type="response.create")

    async def until(self, where: Callable[[Event], bool], since: int = 0) -> Event:
        async with asyncio.timeout(WAIT_S):
            while True:
                for event in self.events[since:]:
                    if where(event):
                        return event
                self.events.append(json.loads(await self.socket.recv()))

    async def until_done(self) -> Event:
        return await self.until(lambda event: event["type"] == "response.done")

    def joined(self, kind: str) -> str:
        return "".join(event["delta"] for event in self.events if event["type"] == kind)

    def audio_seconds(self) -> float:
        deltas = [event["delta"] for event in self.events if event["type"] == "response.output_audio.delta"]
        return sum(len(base64.b64decode(delta)) for delta in deltas) / 2 / 24_000


async def test_a_reply_goes_on_where_the_connection_broke() -> None:
    async with serving(lead_s=PACED_S) as server:
        page = Page(server)
        await page.begin()
        await page.write("Hello")
        for _ in range(3):
            await page.until(lambda event: event["type"] == "response.output_audio.delta", len(page.events))
        page.vanish()
        back = await page.come_back()
        done = await page.until_done()
        ids = [event["event_id"] for event in page.events]
        assert (back["type"], done["response"]["status"]) == ("kaikou.resumed", "completed")
        assert len(set(ids)) == len(ids)
        spoken = done["response"]["output"][0]["content"][0]["transcript"]
        assert page.joined("response.output_audio_transcript.delta") == spoken
        assert page.audio_seconds() == pytest.approx(len(spoken) * 0.06, rel=0.1)
        page.vanish()


async def test_words_spoken_while_the_connection_was_broken_arrive(server: Serving) -> None:
    page = Page(server)
    await page.begin()
    await page.send(type="session.update", session=SESSION)
    speech = sentence()
    half = len(speech) // 2
    await page.socket.send(speech[:half].tobytes())
    await page.until(lambda event: event["type"] == "input_audio_buffer.speech_started")
    page.vanish()
    back = await page.come_back()
    rest = speech[back["received_samples"] :]
    for start in range(0, len(rest), LINE_RATE):
        await page.socket.send(rest[start : start + LINE_RATE].tobytes())
    await page.socket.send(silence(1.0).tobytes())
    heard = await page.until(lambda e: e["type"] == "conversation.item.input_audio_transcription.completed")
    assert back["received_samples"] == half
    assert heard["usage"]["seconds"] == pytest.approx(len(speech) / LINE_RATE, abs=1.0)
    started = [event for event in page.events if event["type"] == "input_audio_buffer.speech_started"]
    assert len(started) == 1
    page.vanish()


async def test_a_function_call_made_while_nobody_was_there_is_told_on_return(server: Serving) -> None:
    page = Page(server)
    await page.begin()
    await page.send(type="session.update", session={"type": "realtime", "tools": [WEATHER]})
    await page.until(lambda event: event["type"] == "session.updated")
    await page.write("What is the weather in Paris?")
    await page.until(lambda event: event["type"] == "response.created")
    page.vanish()
    back = await page.come_back()
    done = await page.until_done()
    assert back["received_events"] == 3
    assert done["response"]["output"][0]["name"] == "get_weather"
    page.vanish()


async def test_a_client_that_comes_back_too_late_begins_anew() -> None:
    async with serving(resume_s=0.05) as server:
        page = Page(server)
        await page.begin()
        page.vanish()
        async with asyncio.timeout(10):
            while (back := await page.come_back())["type"] == "kaikou.resumed":
                page.vanish()
                await asyncio.sleep(0.1)
        assert back["session"]["kaikou"]["token"] != page.token
        page.vanish()


async def status_of_connecting(page: Page, **query: str) -> int:
    """The HTTP status with which the server answers the upgrade; 101 for a connection."""
    try:
        await page.connect(**query)
    except websockets.InvalidStatus as refused:
        return refused.response.status_code
    page.vanish()
    return 101


async def test_a_full_server_begins_no_new_session_for_a_client_that_it_cannot_resume(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(max_sessions=1) as server:
        page = Page(server)
        await page.begin()
        caplog.clear()
        statuses = [await status_of_connecting(Page(server), resume=page.token, seen="unknown") for _ in range(4)]
        complaints = [record.message for record in caplog.records if record.levelname == "ERROR"]
        sessions = len(server.app.state.realtime.live)
        back = await page.come_back()

        assert (statuses, sessions, back["type"]) == ([503] * 4, 1, "kaikou.resumed")
        assert complaints == []
        page.vanish()


async def test_a_draining_server_begins_no_new_session_but_lets_a_client_come_back() -> None:
    async with serving() as server:
        page = Page(server)
        await page.begin()
        await page.write("Hello")
        await page.until(lambda event: event["type"] == "response.output_audio.delta")
        page.vanish()
        draining = asyncio.create_task(server.app.state.realtime.drain())
        await asyncio.sleep(0)
        unknown = await status_of_connecting(Page(server), resume=page.token, seen="unknown")
        back = await page.come_back()
        done = await page.until_done()

        assert (unknown, back["type"], done["response"]["status"]) == (503, "kaikou.resumed", "completed")
        page.vanish()
        draining.cancel()


async def test_a_session_that_is_ending_is_not_resumed(server: Serving) -> None:
    page = Page(server)
    await page.begin()
    page.vanish()
    live = server.app.state.realtime.live[page.token]
    live.end(1012, "a restart")

    assert not live.can_resume(page.events[-1]["event_id"])


async def test_a_second_connection_takes_over_from_a_first_that_looks_alive(server: Serving) -> None:
    page = Page(server)
    await page.begin()
    first = page.socket
    back = await page.come_back()
    await first.wait_closed()
    assert (back["type"], first.close_code) == ("kaikou.resumed", 4001)
    page.vanish()


async def test_of_two_connections_that_take_over_at_once_one_gives_way(server: Serving) -> None:
    page, other = Page(server), Page(server)
    await page.begin()
    first = page.socket
    other.token, other.events = page.token, list(page.events)
    # Who gives way may be told so before it is told anything else.
    await asyncio.gather(page.come_back(), other.come_back(), return_exceptions=True)
    await first.wait_closed()
    sockets = {asyncio.create_task(each.socket.wait_closed()) for each in (page, other)}
    _, waiting = await asyncio.wait(sockets, timeout=2, return_when=asyncio.FIRST_COMPLETED)
    assert [page.socket.close_code, other.socket.close_code].count(4001) == 1
    for task in waiting:
        task.cancel()
    page.vanish()
    other.vanish()


class StubbornTransport:
    """A transport that takes all it is sent, and its time to close."""

    def __init__(self) -> None:
        self.playback: Callable[[float], Playback] = Playback
        self.sent: list[str] = []
        self.closing = asyncio.Event()

    def offer(self, take_at_once: Callable[[bytes, bool], bool] | None) -> None:
        """All comes by way of `receive`."""

    async def receive(self) -> str:
        await asyncio.Event().wait()
        return ""

    async def send_event(self, event: str) -> None:
        self.sent.append(event)

    async def send_audio(self, audio: OutputAudio) -> None:
        raise AssertionError("nothing is spoken here")

    async def flush(self) -> None:
        raise AssertionError("nothing is interrupted here")

    async def close(self, code: int, reason: str) -> None:
        self.closing.set()
        await asyncio.sleep(0.05)


def live_without_engines() -> tuple[LiveSession, Outbox]:
    outbox = Outbox(4.0)
    closed = asyncio.Event()
    session = SimpleNamespace(
        outbox=outbox, attach=lambda: None, detach=lambda: None, idle_s=0.0, run=closed.wait, close=closed.set
    )
    events = SimpleNamespace(of=lambda notice: [notice.event])
    connection = SimpleNamespace(
        session=session, events=events, extensions=True, resumed=lambda: {"event_id": "back"}, take_at_once=None
    )
    return LiveSession(
        "id", cast(Connection, connection), load_settings({"resume_s": RESUME_S}, {}).sessions, OWNER
    ), outbox


async def test_what_is_said_while_a_first_connection_is_being_closed_is_not_lost() -> None:
    (live, outbox), first, second = live_without_engines(), StubbornTransport(), StubbornTransport()
    serving_first = asyncio.create_task(live.attach(first))
    taking_over = asyncio.create_task(live.take_over("", live.new_attempt()))
    await first.closing.wait()
    outbox.put(Answered({"event_id": "late"}))
    serving_second = asyncio.create_task(live.attach(second, await taking_over))
    await asyncio.sleep(0.05)
    for task in (serving_first, serving_second):
        task.cancel()
    await asyncio.wait({serving_first, serving_second})

    assert [json.loads(text)["event_id"] for text in second.sent] == ["back", "late"]


async def test_of_several_that_come_back_at_once_the_last_goes_on() -> None:
    (live, _outbox), first, last = live_without_engines(), StubbornTransport(), StubbornTransport()
    serving_first = asyncio.create_task(live.attach(first))
    await asyncio.sleep(0)
    given_up, newest = live.new_attempt(), live.new_attempt()
    missed = await live.take_over("", newest)
    serving_last = asyncio.create_task(live.attach(last, missed))
    with pytest.raises(Superseded):
        await live.take_over("", given_up)
    await asyncio.sleep(0.05)
    assert not serving_last.done()
    for task in (serving_first, serving_last):
        task.cancel()
    await asyncio.wait({serving_first, serving_last})

    assert [json.loads(text)["event_id"] for text in last.sent] == ["back"]


class FullTransport(StubbornTransport):
    """A transport whose client reads nothing."""

    async def send_event(self, event: str) -> None:
        self.sent.append(event)
        await asyncio.Event().wait()


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_does_not_read_what_it_missed_is_closed() -> None:
    clock, (live, _outbox), transport = LoopClock(), live_without_engines(), FullTransport()
    serving = asyncio.create_task(live.attach(transport, ["missed"]))
    async with asyncio.timeout(WAIT_S + SEND_S):
        while not transport.sent:
            await asyncio.sleep(0)
        clock.advance(SEND_S)
        await serving

    assert (len(transport.sent), transport.closing.is_set()) == (1, True)


class LeavingTransport(StubbornTransport):
    """A transport whose client leaves at once, and says so or not."""

    def __init__(self, goodbye: bool) -> None:
        super().__init__()
        self._goodbye = goodbye

    async def receive(self) -> str:
        raise Disconnected(self._goodbye)


async def test_a_session_whose_client_said_goodbye_is_over_at_once() -> None:
    resumable = []
    for goodbye in (False, True):
        live, _outbox = live_without_engines()
        await live.attach(LeavingTransport(goodbye))
        resumable.append(live.can_resume(""))

    assert resumable == [True, False]


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.parametrize("steps", range(12))
async def test_a_client_that_comes_back_as_its_time_is_over_is_let_in_for_good_or_not_at_all(steps: int) -> None:
    clock, (live, _outbox), back = LoopClock(), live_without_engines(), StubbornTransport()
    life = asyncio.create_task(live.run())
    await live.attach(LeavingTransport(goodbye=False))
    for _ in range(5):
        await asyncio.sleep(0)
    clock.advance(RESUME_S)
    for _ in range(steps):
        await asyncio.sleep(0)
    missed = await live.take_over("", live.new_attempt())
    attached = None if missed is None else asyncio.create_task(live.attach(back, missed))
    await asyncio.wait({life}, timeout=0.02)
    resumed, lives = attached is not None, not life.done()
    live.end(1012, "the test is over")
    await asyncio.wait({life}, timeout=WAIT_S)
    if attached:
        attached.cancel()

    assert resumed == lives


async def test_a_stock_clients_session_ends_with_its_socket(server: Serving) -> None:
    app_sessions = server.app.state.realtime.live
    before = len(app_sessions)
    socket = await websockets.connect(f"{server.ws}/v1/realtime")
    await socket.recv()
    during = len(app_sessions)
    socket.transport.abort()
    async with asyncio.timeout(10):
        while len(app_sessions) > before:
            await asyncio.sleep(0.02)
    assert during == before + 1
