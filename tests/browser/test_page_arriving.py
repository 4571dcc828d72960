"""The page in Chromium and the real server: a recogniser arrives in the middle of a talk, and serves the next one."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from server.starter.starter import Starter
from tests.browser.states import CHROMIUM, wait_for, wait_until
from tests.browser.threads import START_S, served
from tests.browser.visits import recording, visiting
from tests.server.starter.pulling import MB, Rules, entry
from tests.serving import Serving
from tests.speech import NEEDS_POCKETSPHINX, sentence, silence

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

NAME = "whisper-base"


class Arriving:
    """A puller that has half of the weights until `arrive`; then they are there."""

    def __init__(self, folder: Path, build: Callable[[Path], object]) -> None:
        self._folder, self._build = folder, build
        self._arrived = threading.Event()
        self._listener: Any = None

    def arrive(self) -> None:
        self._arrived.set()

    def __call__(self, listener: Any, stopped: Callable[[], bool]) -> Arriving:
        self._listener = listener
        return self

    def pull(self, name: str) -> bool:
        self._listener.progress(name, 5 * MB, 10 * MB)
        assert self._arrived.wait(START_S)
        self._build(self._folder / name)
        self._listener.progress(name, 10 * MB, 10 * MB)
        return True


def calls(page: Page, server: Serving, engine: str) -> float:
    """How many utterances a recogniser has heard to the end."""
    text = page.request.get(f"{server.http}/metrics").text()
    series = rf'kaikou_engine_calls_total{{engine="{engine}",outcome="worked",role="recognizer"}} (\S+)'
    return float(found[1]) if (found := re.search(series, text)) else 0.0


@NEEDS_POCKETSPHINX
def test_a_recogniser_that_arrives_in_the_middle_of_a_talk_leaves_it_alone_and_serves_the_next_one(
    tmp_path: Path,
) -> None:
    tiny = pytest.importorskip("tests.models.tiny_whisper", reason="CTranslate2 is missing", exc_type=ImportError)
    weights = tmp_path / "weights"
    arriving = Arriving(weights, tiny.build)
    starter = Starter(Rules((entry(NAME, "recognizer", ("zh", "en")),)), arriving)
    microphone = recording(tmp_path, silence(8.0), sentence(), silence(90.0))
    flags = {"engines": "auto", "weights": weights, "synthesizer": "stub", "languages": ["zh", "en"]}
    with served(starter=starter, **flags) as server, visiting(server.http, microphone) as (page, wire):
        wait_for(page, "speaking")
        arriving.arrive()
        wait_until(page, lambda: page.request.get(f"{server.http}/api/starter").json()["data"]["generation"] == 1)
        expect(page.locator("#captions [data-role=user] .said")).to_have_text(re.compile(r"\w+ \w+"))
        wait_until(page, lambda: calls(page, server, "pocketsphinx") >= 1)
        assert calls(page, server, "whisper:whisper-base") == 0
        assert len(wire.of("session.created")) == 1

        page.click("#end")
        page.click("#leave")
        expect(page.locator("#starter")).to_contain_text("from the next talk on")
        page.check("#spoken [value=zh]")
        expect(page.locator(".stage .note")).to_have_count(0)

        page.click("#talk")
        wait_until(page, lambda: calls(page, server, "whisper:whisper-base") >= 1)
        assert len(wire.of("session.created")) == 2
