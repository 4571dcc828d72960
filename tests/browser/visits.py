"""A browser with a recording as its microphone, in a talk with a server, and what came over its sockets."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, WebSocket, sync_playwright

from pipeline.audio.samples import Samples
from tests.browser.states import CHROMIUM, TRACE, WAIT_MS
from tests.browser.states import wait_for as wait_for
from tests.speech import write_wav


@dataclass
class Wire:
    """What came over the page's sockets."""

    addresses: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def listen(self, socket: WebSocket) -> None:
        self.addresses.append(socket.url)
        socket.on("framereceived", lambda frame: self.events.append(json.loads(frame)))

    def of(self, kind: str, **fields: str) -> list[dict[str, Any]]:
        return [e for e in self.events if e["type"] == kind and fields.items() <= e.items()]

    def seconds(self, item: str) -> float:
        """How much audio of an item came."""
        deltas = self.of("response.output_audio.delta", item_id=item)
        return sum(len(base64.b64decode(event["delta"])) for event in deltas) / 2 / 24_000


@contextmanager
def visiting(address: str, microphone: Path, character: str = "philosopher") -> Iterator[tuple[Page, Wire]]:
    """A browser that hears a recording, with a character picked and Talk pressed."""
    with hearing(microphone) as (page, wire):
        page.goto(address)
        page.click(f"[data-character={character}]")
        page.click("#talk")
        yield page, wire


@contextmanager
def hearing(microphone: Path) -> Iterator[tuple[Page, Wire]]:
    """A browser that hears a recording as soon as a page of it opens the microphone."""
    assert microphone.is_file()
    flags = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={microphone}%noloop",
        "--no-sandbox",
        "--disable-background-networking",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 800})
        page.set_default_timeout(WAIT_MS)
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        wire = Wire()
        page.on("websocket", wire.listen)
        page.add_init_script(TRACE)
        yield page, wire
        browser.close()
        assert problems == []


def recording(folder: Path, *parts: Samples) -> Path:
    write_wav(folder / "microphone.wav", np.concatenate(parts))
    return folder / "microphone.wav"
