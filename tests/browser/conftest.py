"""The page in Chromium, its socket answered by a script; a test fails on whatever the browser finds wrong with the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.browser.scripted_server import FLAGS, Script
from tests.browser.states import CHROMIUM, TRACE, WAIT_MS
from tests.browser.static_server import serve_static

with suppress(ImportError):  # where playwright is missing, its tests skip themselves
    from playwright.sync_api import expect

    expect.set_options(timeout=WAIT_MS)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

ADVICE_OF_THE_BROWSER = {"warning", "verbose"}
"""Console messages about how a page is written; "error" is also what a test that takes the server away causes."""
OLD_PLAYER = "The ScriptProcessorNode is deprecated"
"""Where worklets are missing, on a page that is not secure, nothing else can play."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve_static() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def page(browser: Browser, script: Script) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(TRACE)
    page.route_web_socket("**/v1/realtime**", script.connect)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.extend(advice_in(said)))
    yield page
    context.close()
    assert problems == []


def advice_in(said: ConsoleMessage) -> list[str]:
    """What the browser finds wrong with how the page is written."""
    return [said.text] if said.type in ADVICE_OF_THE_BROWSER and not said.text.startswith(OLD_PLAYER) else []
