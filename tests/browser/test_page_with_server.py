"""The page in Chromium, a recording as its microphone, and the real server with its embedded engines: a whole talk."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import expect

from tests.browser.visits import CHROMIUM, WAIT_MS, recording, visiting, wait_for
from tests.serving import PACED_S, serving
from tests.speech import sentence, silence

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

START_S = 60.0
STOP_MS = 2_500
"""From the first word over a reply to its end: the words have to be recognised first, and this machine may be busy."""

HAN = re.compile("[\u4e00-\u9fff]{4}")


class Line:
    """A line to the server that can be cut; it is there again at once."""

    def __init__(self) -> None:
        self.address = ""
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._done: asyncio.Event
        self._writers: list[asyncio.StreamWriter] = []

    def cut(self) -> None:
        """Every connection dies without a word."""
        self._loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    @contextmanager
    def running(self) -> Iterator[Line]:
        """The server and the line to it, in a thread of their own."""
        thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        thread.start()
        try:
            assert self._ready.wait(START_S)
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._done.set)
            thread.join()

    async def _serve(self) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        async with serving(engines="embedded", lead_s=PACED_S) as server:
            port = int(server.http.rpartition(":")[2])
            listener = await asyncio.start_server(lambda *near: self._connect(port, *near), "127.0.0.1", 0)
            async with listener:
                self.address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
                self._ready.set()
                await self._done.wait()
                self._abort()

    async def _connect(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        self._writers += [writer, far_writer]
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with Line().running() as line:
        yield line


def test_a_greeting_is_interrupted_by_a_voice_which_is_written_down_and_answered(line: Line, tmp_path: Path) -> None:
    with visiting(line.address, recording(tmp_path, silence(3.0), sentence(), silence(60.0))) as (page, wire):
        greeting = page.locator("#captions [data-role=character] .said").first
        expect(greeting).to_contain_text("dog", timeout=WAIT_MS)
        page.wait_for_function("() => kaikou.played.rms > 0.01")
        wait_for(page, "interrupted")
        wait_for(page, "thinking")
        expect(
            page.locator("#captions [data-role=character]").first.locator("[data-mark=unheard]").last
        ).to_be_visible()
        person = page.locator("#captions [data-role=user] .said")
        expect(person).to_have_text(re.compile(r"\w+ \w+"), timeout=WAIT_MS)
        wait_for(page, "speaking")
        answer = page.locator("#captions [data-role=character] .said").nth(1)
        expect(answer).to_have_text(re.compile(r"\w+ \w+"), timeout=WAIT_MS)
        page.locator(".timing summary").last.click()
        marks = page.locator(".waterfall").last.locator("tr")
        page.wait_for_function("() => document.querySelectorAll('.waterfall tr').length >= 4")
        assert marks.first.is_visible()
        trace = page.evaluate("trace")
        rate = page.evaluate("new AudioContext().sampleRate")
        states = [state for state, _at, _samples in trace]
        over = next(i for i, state in enumerate(states) if state in ("paused", "listening"))
        stopped = states.index("interrupted")
        again = states.index("speaking", stopped)
        assert trace[stopped][1] - trace[over][1] < STOP_MS
        assert trace[again][2] - trace[over][2] < 0.3 * rate
        assert len(wire.of("conversation.item.truncated")) >= 1


def test_a_reply_in_chinese_survives_a_cut_of_the_line_and_says_nothing_twice(line: Line, tmp_path: Path) -> None:
    with visiting(line.address, recording(tmp_path, silence(60.0))) as (page, wire):
        wait_for(page, "speaking")
        page.fill("#say", "什么是勇气？")
        page.press("#say", "Enter")
        answer = page.locator("#captions [data-role=character] .said").nth(1)
        expect(answer).to_have_text(HAN, timeout=WAIT_MS)
        wait_for(page, "speaking")
        before = page.evaluate("trace.findLast(([state]) => state === 'speaking')[2]")
        line.cut()
        wait_for(page, "reconnecting")
        wait_for(page, "speaking")
        wait_for(page, "resting")
        item = wire.of("response.output_audio.delta")[-1]["item_id"]
        rate = page.evaluate("new AudioContext().sampleRate")
        ids = [event["event_id"] for event in wire.events]
        assert [("&resume=" in address) for address in wire.addresses] == [False, True]
        assert len(wire.of("kaikou.resumed")) == 1
        assert len(ids) == len(set(ids))
        # The page notes what was played when it hears of the state, which on a busy machine is a tenth of a second late.
        assert page.evaluate("kaikou.played.samples") - before == pytest.approx(
            wire.seconds(item) * rate, abs=0.2 * rate
        )
        assert page.evaluate("kaikou.played.rms") > 0.01
        assert answer.text_content() == wire.of("response.output_audio_transcript.done", item_id=item)[0]["transcript"]
        assert page.locator("#captions > div").count() == 3
        assert page.locator(".panel, .notice").count() == 0
