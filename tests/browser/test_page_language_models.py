"""What a person sees of language models as people have them: the page in Chromium, the real server, a server of the zoo."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from tests.browser.states import CHROMIUM, wait_for
from tests.browser.visits import recording, visiting
from tests.models.chat_server import Line, delta
from tests.serving import serving
from tests.speech import silence
from tests.zoo.scenario import Scenario, always
from tests.zoo.streams.a_web_page import SCENARIO as WEB_PAGE
from tests.zoo.talks import zoo_server
from tests.zoo.templates.gemma_has_no_system_role import SCENARIO as GEMMA
from tests.zoo.wordless.nothing_at_all import SCENARIO as NOTHING

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]

START_S = 60.0
THOUGHT_PIECES, PIECE_S = 60, 0.1
"""A thought of six seconds: longer than the character keeps silent."""


async def thinking(line: Line) -> None:
    await line.start()
    for _ in range(THOUGHT_PIECES):
        await line.event(delta(reasoning_content="My PLAN. "))
        await asyncio.sleep(PIECE_S)
    await line.event(delta(content="Hello there."))
    await line.event(delta("stop"))
    await line.event("[DONE]")
    await line.end()


@contextmanager
def served(scenario: Scenario) -> Iterator[str]:
    """The address of a server whose language model is the scenario's."""
    ready, address = threading.Event(), list[str]()
    loops = list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()

    async def serve() -> None:
        over = asyncio.Event()
        async with zoo_server(scenario) as zoo:
            settings: dict[str, Any] = {
                "chat_model": "openai",
                "llm_base_url": zoo.base_url,
                "llm_model": scenario.model,
            }
            async with serving(lead_s=2.0, **settings) as server:
                address.append(server.http)
                loops.append((asyncio.get_running_loop(), over))
                ready.set()
                await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(START_S)
        yield address[0]
    finally:
        loop, over = loops[0]
        loop.call_soon_threadsafe(over.set)
        thread.join()


@contextmanager
def asked(scenario: Scenario, folder: Path) -> Iterator[Page]:
    """The page in a talk, with a line just typed over the greeting."""
    with served(scenario) as address, visiting(address, recording(folder, silence(60.0))) as (page, _wire):
        wait_for(page, "speaking")
        page.fill("#say", "Good morning.")
        page.press("#say", "Enter")
        yield page


def last_words(page: Page) -> Any:
    return page.locator("#captions [data-role=character] .said").last


def test_a_model_that_thinks_is_seen_and_heard_to_think_and_its_thoughts_are_not(tmp_path: Path) -> None:
    with asked(Scenario(always(thinking)), tmp_path) as page:
        status = page.locator("#status")
        expect(status).to_have_text("Thinking it over before answering")
        wait_for(page, "speaking")  # the filler
        expect(status).to_have_text("Thinking it over before answering")
        page.screenshot(path=str(tmp_path / "thinking.png"))
        expect(last_words(page)).to_have_text("Hello there.")
        wait_for(page, "resting")
        expect(status).to_have_text("Go ahead")
        page.screenshot(path=str(tmp_path / "answered.png"))
        assert "PLAN" not in page.content()
        assert status.get_attribute("role") == "status"


def test_a_template_without_a_system_role_is_not_noticed(tmp_path: Path) -> None:
    with asked(GEMMA, tmp_path) as page:
        expect(last_words(page)).to_have_text("Hello there.")
        expect(page.locator(".panel, .notice")).to_have_count(0)
        page.screenshot(path=str(tmp_path / "gemma.png"))


@pytest.mark.parametrize(
    ("scenario", "says"),
    [(NOTHING, "without a word"), (WEB_PAGE, "answered with a web page")],
    ids=["nothing", "web page"],
)
def test_what_went_wrong_is_said_aloud_and_on_the_page(scenario: Scenario, says: str, tmp_path: Path) -> None:
    with asked(scenario, tmp_path) as page:
        expect(last_words(page)).to_contain_text("rope slipped")
        panel = page.locator("[data-problem=failed]")
        expect(panel).to_contain_text(says)
        page.screenshot(path=str(tmp_path / "failed.png"))
