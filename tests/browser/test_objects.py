"""A long recording behind a signed link in Chromium's player, and an upload that would run scripts."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

pytest.importorskip("playwright", reason="playwright is not installed")

from server.services import Services
from server.settings.keeping import StorageSettings
from server.storage.database import open_database
from server.storage.links import Links
from server.storage.object_place import place_of
from server.storage.objects import Objects
from server.web.objects import PATH
from tests.browser.states import CHROMIUM
from tests.browser.threads import served
from tests.serving import Serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Response

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

RATE = 48_000
SECONDS = 900
LOW_HZ, HIGH_HZ = 300, 3_000
HIGH_FROM_S, HIGH_UNTIL_S = 600, 610
"""Where in the recording another tone is heard."""

LOAD = """
  (address) => new Promise((resolve, reject) => {
    window.audio = new Audio();
    audio.preload = "metadata";
    audio.onloadedmetadata = () => resolve(audio.duration);
    audio.onerror = () => reject(new Error(audio.error.message));
    audio.src = address;
    document.body.append(audio);
  })
"""
SEEK = """
  (to) => new Promise((resolve) => {
    audio.onseeked = () => resolve(audio.currentTime);
    audio.currentTime = to;
  })
"""
LOUDEST_HZ = """
  async () => {
    // What is heard after the seek: the loudest frequency, as soon as there is any sound.
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
    context.createMediaElementSource(audio).connect(analyser).connect(context.destination);
    await context.resume();
    await audio.play();
    const bins = new Float32Array(analyser.frequencyBinCount);
    do {
      await new Promise(requestAnimationFrame);
      analyser.getFloatFrequencyData(bins);
    } while (Math.max(...bins) < -60);
    audio.pause();
    return (bins.indexOf(Math.max(...bins)) * context.sampleRate) / analyser.fftSize;
  }
"""


def write_recording(path: Path) -> None:
    """Ogg Opus at a high rate, so that it is long in bytes as well: a low tone, and a high one for some seconds."""
    times = np.arange(RATE) / RATE
    low, high = (np.sin(2 * np.pi * hz * times).astype(np.float32) * 0.3 for hz in (LOW_HZ, HIGH_HZ))
    noise = np.random.default_rng(1).normal(0, 0.03, RATE).astype(np.float32)
    with av.open(str(path), "w", format="ogg") as container:
        options = {"b": "192000", "vbr": "off", "compression_level": "0"}
        stream = container.add_stream("libopus", rate=RATE, layout="mono", options=options)
        for second in range(SECONDS):
            tone = high if HIGH_FROM_S <= second < HIGH_UNTIL_S else low
            frame = av.AudioFrame.from_ndarray((tone + noise)[None], format="flt", layout="mono")
            frame.sample_rate, frame.pts = RATE, second * RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def link(data: Path, content: Path | bytes, type: str, name: str) -> str:
    """As another server on the same data would make it."""

    async def made() -> str:
        settings = StorageSettings(folder=data)
        database = open_database(settings)
        try:
            await Objects(place_of(settings)).put("test/object", content)
            return f"{PATH}/{await Links.on(database).token('test/object', type, name, 600)}"
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as thread:  # playwright runs a loop in this one
        return thread.submit(asyncio.run, made()).result()


def data_of(server: Serving) -> Path:
    services: Services = server.app.state.services
    return services.settings.storage.folder


def test_a_player_seeks_in_a_long_recording_without_fetching_all_of_it(browser: Browser, tmp_path: Path) -> None:
    write_recording(tmp_path / "long.ogg")
    size = (tmp_path / "long.ogg").stat().st_size
    with served() as running:
        address = link(data_of(running), tmp_path / "long.ogg", "audio/ogg", "long.ogg")
        page = browser.new_page()
        starts: list[int] = []

        def note(response: Response) -> None:
            if PATH in response.url:
                starts.append(int(response.headers["content-range"].partition(" ")[2].partition("-")[0]))

        page.on("response", note)
        page.goto(running.http)
        duration = page.evaluate(LOAD, address)
        before = len(starts)
        at = page.evaluate(SEEK, HIGH_FROM_S + 2)
        heard = page.evaluate(LOUDEST_HZ)
        page.close()

    assert duration == pytest.approx(SECONDS, abs=0.1)
    assert at == pytest.approx(HIGH_FROM_S + 2, abs=0.01)
    assert heard == pytest.approx(HIGH_HZ, abs=50)
    assert size > 15_000_000
    assert any(start > size * 0.6 for start in starts[before:])


@pytest.mark.parametrize("type", ["text/html", "image/svg+xml"])
def test_an_upload_with_scripts_is_saved_and_not_run(browser: Browser, tmp_path: Path, type: str) -> None:
    with served() as running:
        address = link(data_of(running), b"<svg><script>alert(1)</script></svg>", type, "picture.svg")
        page = browser.new_page()
        page.goto(running.http)
        with page.expect_download() as saved:
            page.evaluate("(address) => { location.href = address; }", address)
        assert saved.value.suggested_filename == "picture.svg"
        page.close()
