"""A recording of an hour in a real browser: its length is known at once, and each position sounds as it should."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Browser

from server.history.sound.ogg import OggOpus
from server.history.sound.opus import RATE, StereoOpus
from tests.browser.states import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

SECONDS = 3_600
STEP_S = 30
"""After so many seconds the hum is higher, so that it says where in the hour it is."""

BEFORE_S = 0.3
"""So long before a click playing begins."""


def hum(second: int) -> float:
    """Hertz of the hum in that second."""
    return 300.0 + 4 * (second // STEP_S)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A faint hum for an hour, and a click at each whole second."""
    path = tmp_path_factory.mktemp("recordings") / "conv_1.ogg"
    encoder = StereoOpus()
    file = OggOpus(path, encoder.pre_skip, RATE)
    time = np.arange(RATE) / RATE
    click = np.where(time < 0.004, 28_000 * np.cos(2 * np.pi * 1_000 * time), 0)
    for second in range(0, SECONDS, STEP_S):
        block = (1_500 * np.sin(2 * np.pi * hum(second) * time) + click).astype(np.int16)
        packets = encoder.encode(np.stack((block, block), 1))
        # Each second of a step sounds alike; encoding all of them would only take time.
        for _ in range(STEP_S):
            file.append(packets)
    file.close()
    return path


@pytest.fixture(scope="module")
def place(recording: Path) -> Iterator[str]:
    """A server that gives the file out in ranges, as players ask for it."""

    async def audio(_request: Request) -> Response:
        return FileResponse(recording, media_type="audio/ogg")

    async def page(_request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Player</title><audio preload=metadata src=/recording></audio>")

    config = uvicorn.Config(Starlette(routes=[Route("/", page), Route("/recording", audio)]), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()


HEAR = """async (at) => {
  const audio = document.querySelector("audio");
  const told = (name) => new Promise((resolve) => audio.addEventListener(name, resolve, { once: true }));
  if (audio.readyState < 1) await told("loadedmetadata");
  window.context ??= new AudioContext();
  await context.resume();
  window.source ??= context.createMediaElementSource(audio);
  audio.pause();
  const seeked = told("seeked");
  audio.currentTime = at;
  await seeked;
  const node = context.createScriptProcessor(4096, 2, 1);
  const heard = [];
  const enough = new Promise((resolve) => {
    node.onaudioprocess = ({ inputBuffer }) => {
      const left = inputBuffer.getChannelData(0);
      if (heard.length || left.some((value) => value !== 0)) heard.push(...left);
      if (heard.length > context.sampleRate) resolve();
    };
  });
  source.connect(node).connect(context.destination);
  await audio.play();
  await enough;
  audio.pause();
  source.disconnect();
  node.disconnect();
  return { heard: heard.map((value) => Math.round(value * 32768)), rate: context.sampleRate, duration: audio.duration };
}"""


def test_an_hour_is_as_long_as_it_is_and_sounds_right_wherever_one_goes(browser: Browser, place: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(place)
    found: list[dict[str, Any]] = []
    seconds = [3_590, 17, 1_800, 2_345, 601]
    for second in seconds:
        found.append(page.evaluate(HEAR, second - BEFORE_S))
    context.close()

    assert [one["duration"] for one in found] == [pytest.approx(SECONDS, abs=0.05)] * len(seconds)
    for second, one in zip(seconds, found, strict=True):
        heard, rate = np.array(one["heard"]), one["rate"]
        begins = np.flatnonzero(heard)[0]
        clicks = np.flatnonzero(np.abs(heard) > 10_000)[0] - begins
        assert clicks / rate == pytest.approx(BEFORE_S, abs=0.05), second
        piece = heard[begins + rate // 50 : begins + rate // 4]
        crossings = np.flatnonzero((piece[:-1] < 0) & (piece[1:] >= 0))
        hertz = (len(crossings) - 1) * rate / (crossings[-1] - crossings[0])
        assert hertz == pytest.approx(hum(second - 1), abs=1), second
